#!lua flags=allow-oom
-- @does Moves messages that a partition holds for a group over into its lanes: retries of the time before lanes, redriven ones.
-- @keys state partitions queue turns lanes pins leases due attempts exhausted reasons done late
-- @args now topic_id channel group_id partition era mended first expected moved due_at piece expired records
-- `expected` is what was moved over last, `moved` what is then. `records` are lane (8 bytes), offset (6) and attempts so
-- far (2); `piece` tells how many are to be taken together where they ran out unreported, else 0. `expired` counts those that the log no longer has.
-- @returns {1 when they were moved, else 0; the partition as `tell_lane_partition` tells it}
-- @errors GROUP_NOT_FOUND
-- @include fine_clock
-- @include open_lanes
-- @include begin_lanes
-- @include park_members
-- @include lane_fates
-- @include wake_lanes
-- O(messages x log parked). What is on its way is passed over; a repeat changes nothing.
now = fine_clock(now)
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local keys = {
  partitions = partitions_key, queue = queue_key, turns = turns_key, lanes = lanes_key, pins = pins_key,
  leases = leases_key, due = due_key, attempts = attempts_key,
}
-- Lanes that are closing begin nowhere any more.
if state.closing == 1 then return { 0, tell_unbegun(keys, tonumber(partition)) } end
local record = begin_lanes(
  keys, state, done_key, late_key, tonumber(partition), tonumber(era), tonumber(first), mended, now
)
if not record then return { 0, tell_unbegun(keys, tonumber(partition)) } end
local done = 0
--- Whether the message awaits the end of its burial only: who carried that out died before he said so, and somebody found
--- the dead letter and handed it back. Then it has been buried, and is on its way again.
local function was_buried(member)
  local number = string.match(redis.call('HGET', reasons_key, place_of(member)) or '', '^(%d+) ')
  local item = number and redis.call('ZRANGE', exhausted_key, number, number, 'BYSCORE')[1]
  if not item then return false end
  redis.call('ZREM', exhausted_key, item)
  redis.call('HDEL', reasons_key, place_of(member))
  redis.call('HDEL', attempts_key, place_of(member))
  record.dead = record.dead + 1
  record.retrying = record.retrying - 1
  change(state, 'parked', state.parked - 1)
  return true
end
if record.moved == expected then
  done = 1
  record.moved = moved
  record.touched = true
  record.expired = record.expired + tonumber(expired)
  local waits = due_at ~= '' and tonumber(due_at) > now
  local members = members_of(state, record, records, 16)
  local parked, attempts, later = {}, {}, {}
  for index, member in ipairs(members) do
    local offset = offset_of(member)
    local passed = offset < record.filed
    local ended = passed and has_ended(done_key, late_key, record, offset)
    if ended then revive_offset(done_key, late_key, record, offset) end
    if ended or (passed and was_buried(member)) then
      local at = 16 * index
      local high, low = string.byte(records, at - 1, at)
      local count = high * 256 + low
      if count > 0 then
        attempts[#attempts + 1] = place_of(member)
        attempts[#attempts + 1] = text(tonumber(piece) > 0 and piece_of(count, tonumber(piece)) or count)
        record.retrying = record.retrying + 1
      else
        record.parked = record.parked + 1
      end
      change(state, 'parked', state.parked + 1)
      if waits and count > 0 then
        later[#later + 1] = due_at
        later[#later + 1] = 'r' .. member
        local lane = lane_of(member)
        if is_ordered(state, lane) then
          lane_record(keys, lane).hold = place_of(member)
          touch_lane(lane_record(keys, lane))
        end
      else
        parked[#parked + 1] = member
      end
    end
  end
  in_chunks(attempts, 'HSET', attempts_key)
  in_chunks(later, 'ZADD', due_key)
  save_lanes(keys)
  park_members(keys, state, parked, now)
  wake_lanes(channel, state, 0)
end
save_lane_partitions(keys)
save_record(state_key, state)
return { done, tell_lane_partition(record) }

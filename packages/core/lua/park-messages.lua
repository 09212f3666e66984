#!lua flags=allow-oom
-- @does Parks the messages of a partition that were read from the log in the lanes of a group.
-- @keys state partitions queue turns lanes pins leases due attempts done late
-- @args now topic_id channel group_id partition era mended expected first start filed mean_bytes records ...skipped
-- `mended` is 1 where the era began because one side had lost something. `expected` is the first offset that is not in the
-- lanes (`first` where the lanes begin there), `filed` what it is afterwards; `start` the log's. `records` are lane (8 bytes)
-- and offset (6) of each message; those for another group alone are among `skipped`.
-- @returns {1 when they were parked, else 0; the partition as `tell_lane_partition` tells it}
-- @errors GROUP_NOT_FOUND
-- @include fine_clock
-- @include open_lanes
-- @include begin_lanes
-- @include park_members
-- @include wake_lanes
-- O(messages x log parked). Whoever parks the same messages a second time changes nothing.
now = fine_clock(now)
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local keys = {
  partitions = partitions_key, queue = queue_key, turns = turns_key, lanes = lanes_key, pins = pins_key,
  leases = leases_key, due = due_key, attempts = attempts_key,
}
-- Lanes that are closing begin nowhere any more.
if state.closing == 1 then
  if mean_bytes == '' then
    leave_lanes(keys, state, done_key, late_key, tonumber(partition), tonumber(era), now)
    save_record(state_key, state)
  end
  return { 0, tell_unbegun(keys, tonumber(partition)) }
end
local record = begin_lanes(
  keys, state, done_key, late_key, tonumber(partition), tonumber(era), tonumber(first), mended, now
)
if not record then return { 0, tell_unbegun(keys, tonumber(partition)) } end
local parked = 0
if record.filed == tonumber(expected) then
  parked = 1
  local log_start = tonumber(start)
  local from = record.filed
  record.start = math.max(record.start, log_start)
  record.filed = tonumber(filed)
  local ended = {}
  for index = 14, #ARGV do ended[#ended + 1] = tonumber(ARGV[index]) end
  record.acked = record.acked + #ended
  if log_start > from then
    -- Retention took what was not read yet: nothing of it will ever end by itself.
    record.expired = record.expired + log_start - from
    move_base(done_key, late_key, record, from, log_start)
  end
  local members = members_of(state, record, records, 14)
  park_members(keys, state, members, now)
  record.parked = record.parked + #members
  change(state, 'parked', state.parked + #members)
  if mean_bytes ~= '' then change(state, 'meanBytes', math.ceil((state.meanBytes or 0) * 0.75 + tonumber(mean_bytes) * 0.25)) end
  end_offsets(done_key, late_key, record, ended)
  note_committed(done_key, late_key, record)
  if #members > 0 or mean_bytes == '' then wake_lanes(channel, state, 0) end
end
save_lane_partitions(keys)
save_record(state_key, state)
return { parked, tell_lane_partition(record) }

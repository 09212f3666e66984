#!lua flags=allow-oom
-- @does Ends a lease of a group on lanes: acknowledges, retries, releases or gives up each of its messages.
-- @keys state partitions queue turns lanes times pins leases due attempts exhausted reasons settled0 settled1 done late
-- @args now topic_id channel group_id lease_id default_code held_last ...ranges
-- Codes and ranges as `settle-lease` takes them.
-- @returns {acked, retried, released, dead-lettered, the partition as `tell_lane_partition` tells it}
-- @errors GROUP_NOT_FOUND, LEASE_LOST, INVALID with the offset that is not of the lease
-- @include fine_clock
-- @include open_lanes
-- @include settled_answers
-- @include lane_fates
-- @include find_lane_lease
-- @include outcome_of_item
-- @include acknowledge_items
-- @include ended_bits
-- @include wake_lanes
-- O(messages x log parked). An identical repeat is given the first answer.
now = fine_clock(now)
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local keys = {
  state = state_key, partitions = partitions_key, queue = queue_key, turns = turns_key, lanes = lanes_key,
  times = times_key, pins = pins_key, leases = leases_key, due = due_key, attempts = attempts_key,
  exhausted = exhausted_key, reasons = reasons_key, settled0 = settled0_key, settled1 = settled1_key,
}
local settled, older_settled = settled_leases(keys, state, now)
local fingerprint = #ARGV == 7 and default_code or redis.sha1hex(table.concat(ARGV, ' ', 6))
local earlier = settled_before(settled, older_settled, lease_id, fingerprint)
if earlier then return earlier end
local lease, partition, lost = find_lane_lease(keys, lease_id, now)
if lost then return lost end
if held_last ~= '' and tonumber(held_last) > lease.to then
  return redis.error_reply('LEASE_LOST The lease never had offset ' .. held_last)
end
local ranges = {}
for index = 8, #ARGV, 5 do
  ranges[#ranges + 1] = {
    first = tonumber(ARGV[index]), last = tonumber(ARGV[index + 1]), code = ARGV[index + 2], delay = ARGV[index + 3],
    reason = ARGV[index + 4],
  }
end
local stranger = stranger_to(lease, ranges)
if stranger then return stranger end

local counts = { ack = 0, retry = 0, release = 0, dead = 0 }
local ended, blocked = {}, {}
local function give_up(member, attempt, reason)
  counts.dead = counts.dead + 1
  exhaust_message(keys, state, partition, member, attempt, reason, now)
end

local function retry(member, attempt, delay, reason)
  if attempt >= state.maxDeliveries then
    return give_up(member, attempt, reason ~= '' and reason or 'The last attempt failed')
  end
  counts.retry = counts.retry + 1
  local due = math.floor(now) + (delay ~= '' and tonumber(delay) or backoff(state, attempt))
  retry_message(keys, state, partition, member, attempt, due, now)
end

remove_lane_lease(keys, lease_id)
if default_code == 'ack' and #ranges == 0 then
  counts.ack = #lease.items / item_bytes
  ended = acknowledge_items(keys, state, partition, lease.items, now)
else
  local lanes = {}
  for member in items_of(lease.items) do lanes[#lanes + 1] = lane_of(member) end
  load_lanes(keys, lanes)
  for member, attempt in in_order(lease.items) do
    local lane = lane_of(member)
    local code, delay, reason = outcome_of(ranges, offset_of(member), default_code)
    local ordered = is_ordered(state, lane)
    if code == 'release' or (ordered and blocked[lane]) then
      counts.release = counts.release + 1
      release_message(keys, state, partition, member, attempt, now)
      blocked[lane] = true
    elseif code == 'ack' then
      counts.ack = counts.ack + 1
      ended[#ended + 1] = offset_of(member)
      if attempt > 1 then attempts_gone[#attempts_gone + 1] = place_of(member) end
      leave_lease(keys, state, partition, member)
    elseif code == 'dead-letter' then
      give_up(member, attempt, reason)
    else
      retry(member, attempt, delay, reason)
      blocked[lane] = true
    end
  end
  for _, id in ipairs(lanes) do
    if is_tracked(state, id) then unblock_lane(keys, state, lane_record(keys, id), now) end
  end
end
partition.acked = partition.acked + counts.ack
partition.touched = true
save_fates(keys, state, now)
save_lanes(keys)
end_offsets(done_key, late_key, partition, ended)
wake_lanes(channel, state, 0)
remember_settled(settled, lease_id, fingerprint, counts)
save_lane_partitions(keys)
save_record(state_key, state)
return { counts.ack, counts.retry, counts.release, counts.dead, tell_lane_partition(partition) }

#!lua flags=allow-oom
-- @does Moves the deadline of a lease of a group on lanes, acknowledges what is done so far, and gives back what will not be done.
-- @keys state partitions queue turns lanes times pins leases due attempts done late
-- @args now topic_id channel group_id lease_id lease_ms ...ranges
-- `lease_ms` is '' for the group's own, `keep` to leave the deadline; the rest as `extend-lease` takes it.
-- @returns {deadline, messages acknowledged now, messages left, the partition as `tell_lane_partition` tells it}
-- @errors GROUP_NOT_FOUND, LEASE_LOST, INVALID with the offset that is not of the lease
-- @include fine_clock
-- @include open_lanes
-- @include lane_fates
-- @include find_lane_lease
-- @include outcome_of_item
-- @include ended_bits
-- @include wake_lanes
-- O(messages x log parked). Repeating it acknowledges nothing twice. Of a lane in order, acknowledgements count only up to
-- the first message that was not acknowledged, and what stands behind one that is given back goes back with it.
now = fine_clock(now)
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local keys = {
  state = state_key, partitions = partitions_key, queue = queue_key, turns = turns_key, lanes = lanes_key,
  times = times_key, pins = pins_key, leases = leases_key, due = due_key, attempts = attempts_key,
}
local lease, partition, lost = find_lane_lease(keys, lease_id, now)
if lost then return lost end
local ranges = {}
for index = 7, #ARGV, 3 do
  ranges[#ranges + 1] = { first = tonumber(ARGV[index]), last = tonumber(ARGV[index + 1]), code = ARGV[index + 2] }
end
local stranger = stranger_to(lease, ranges)
if stranger then return stranger end

local kept, acked, released, held_back, given_back = {}, {}, {}, {}, {}
for member, attempt in in_order(lease.items) do
  local lane = lane_of(member)
  local code = outcome_of(ranges, offset_of(member), 'keep')
  if code == 'ack' and not held_back[lane] then
    acked[#acked + 1] = { member, attempt }
  elseif code == 'release' or given_back[lane] then
    released[#released + 1] = { member, attempt }
    if is_ordered(state, lane) then held_back[lane], given_back[lane] = true, true end
  else
    kept[#kept + 1] = pack_item(member, attempt)
    if is_ordered(state, lane) then held_back[lane] = true end
  end
end
if #kept == 0 then return redis.error_reply('INVALID ack names every message of the lease: settle it instead') end

local ended = {}
for _, item in ipairs(acked) do
  ended[#ended + 1] = offset_of(item[1])
  if item[2] > 1 then attempts_gone[#attempts_gone + 1] = place_of(item[1]) end
  leave_lease(keys, state, partition, item[1])
end
for _, item in ipairs(released) do release_message(keys, state, partition, item[1], item[2], now) end
for _, list in ipairs({ acked, released }) do
  for _, item in ipairs(list) do
    local id = lane_of(item[1])
    if is_tracked(state, id) then unblock_lane(keys, state, lane_record(keys, id), now) end
  end
end
lease.items = table.concat(kept)
if lease_ms ~= 'keep' then lease.due = math.floor(now) + (lease_ms ~= '' and tonumber(lease_ms) or state.leaseMs) end
write_lane_lease(keys, lease)
partition.acked = partition.acked + #acked
partition.touched = true
save_fates(keys, state, now)
save_lanes(keys)
end_offsets(done_key, late_key, partition, ended)
if #acked + #released > 0 then wake_lanes(channel, state, 0) end
save_lane_partitions(keys)
save_record(state_key, state)
return { text(lease.due), #acked, #kept, tell_lane_partition(partition) }

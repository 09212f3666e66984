#!lua flags=no-writes
-- @does Reads where the lanes of a group stand, and who holds leases there.
-- @keys state partitions leases due
-- @args now topic_id group_id look_at
-- @returns {held until ('' when it is not), {partition, era, filed, committed, parked, in flight, retrying, acked,
-- dead-lettered, expired, …}, {lease id, partition, consumer, deadline, messages, …}}; leases in order of deadline
-- @errors GROUP_NOT_FOUND
-- @include fine_clock
-- @include open_lanes
-- @include lane_partitions
-- @include lane_leases
-- O(partitions + look_at), of the deadlines and due times that are next.
now = fine_clock(now)
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local keys = { partitions = partitions_key, leases = leases_key }
local partitions = {}
for _, number in ipairs(redis.call('HKEYS', partitions_key)) do
  local record = lane_partition(keys, tonumber(number))
  for _, value in ipairs({
    record.number, record.era, record.filed, record.committed, record.parked, record.inFlight, record.retrying,
    record.acked, record.dead, record.expired,
  }) do partitions[#partitions + 1] = value end
end
local leases = {}
for _, name in ipairs(redis.call('ZRANGE', due_key, 0, tonumber(look_at) - 1)) do
  local lease = string.sub(name, 1, 1) == 'l' and read_lane_lease(keys, string.sub(name, 2))
  if lease then
    leases[#leases + 1] = lease.id
    leases[#leases + 1] = lease.partition
    leases[#leases + 1] = lease.consumer
    leases[#leases + 1] = text(lease.due)
    leases[#leases + 1] = #lease.items / item_bytes
  end
end
local held = state.heldUntil and (state.probe or state.heldUntil > now)
return { held and text(state.heldUntil) or '', partitions, leases }

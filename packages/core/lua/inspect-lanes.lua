#!lua flags=no-writes
-- @does Reads everything that the lanes of a group are, for an audit.
-- @keys state partitions queue turns lanes leases due attempts exhausted ...ended
-- @args topic_id group_id
-- Behind the named keys, `done` and `late` of each partition.
-- @returns {{in flight, parked, scheme}, {number, generation, filed, base, committed, parked, in flight, retrying, …},
-- queue, turns, {lane, in flight, waiting 0|1, …}, {lease, due, items, …}, due as name, score, …, attempts as place,
-- count, …, exhausted, {done, {late}, …}}
-- @errors GROUP_NOT_FOUND
-- @include open_lanes
-- @include lane_partitions
-- @include lane_leases
-- @include lane_records
-- O(everything that the group holds): for audits only.
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local keys = { partitions = partitions_key, leases = leases_key, lanes = lanes_key, turns = turns_key }
local partitions, lanes, leases, ended = {}, {}, {}, {}
for _, number in ipairs(redis.call('HKEYS', partitions_key)) do
  local record = lane_partition(keys, tonumber(number))
  for _, value in ipairs({
    record.number, record.generation, record.filed, record.base, record.committed, record.parked, record.inFlight,
    record.retrying,
  }) do partitions[#partitions + 1] = value end
end
for _, id in ipairs(redis.call('HKEYS', lanes_key)) do
  local lane = lane_record(keys, id)
  lanes[#lanes + 1] = id
  lanes[#lanes + 1] = lane.inFlight
  lanes[#lanes + 1] = lane.waiting and 1 or 0
end
for _, id in ipairs(redis.call('HKEYS', leases_key)) do
  local lease = read_lane_lease(keys, id)
  leases[#leases + 1] = id
  leases[#leases + 1] = text(lease.due)
  leases[#leases + 1] = lease.items
end
for index = 11, #KEYS, 2 do
  ended[#ended + 1] = redis.call('GET', KEYS[index]) or ''
  ended[#ended + 1] = redis.call('ZRANGE', KEYS[index + 1], 0, -1)
end
return {
  { state.inFlight, state.parked, state.scheme or state.ordering }, partitions, redis.call('ZRANGE', queue_key, 0, -1),
  redis.call('ZRANGE', turns_key, 0, -1), lanes, leases, redis.call('ZRANGE', due_key, 0, -1, 'WITHSCORES'),
  redis.call('HGETALL', attempts_key), redis.call('ZRANGE', exhausted_key, 0, -1), ended,
}

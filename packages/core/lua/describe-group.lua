#!lua flags=no-writes
-- @does Reads where a group stands in a partition, and who holds leases there.
-- @keys meta state outstanding due holders
-- @args topic_id group_id lease_limit
-- @returns {next, committed, end, in flight, retrying, acked, dead-lettered, expired, {lease id, consumer, deadline,
-- messages, …}, 1 when the partition is on lanes,
-- first offset that is leased or retried here (-1 for none)}; leases in order of deadline
-- @errors TOPIC_NOT_FOUND, GROUP_NOT_FOUND
-- @include open_group_in_partition
-- @include holder
-- @include segments
-- @include settle_cursor
-- O(leases asked for).
local meta, state, unknown = open_group_in_partition(meta_key, topic_id, state_key, group_id)
if unknown then return unknown end
local leases = {}
for _, id in ipairs(redis.call('ZRANGE', due_key, 0, tonumber(lease_limit) - 1)) do
  local holder = read_holder(holders_key, id)
  if holder.kind == 'lease' then
    leases[#leases + 1] = id
    leases[#leases + 1] = holder.consumer
    leases[#leases + 1] = holder.due
    leases[#leases + 1] = count_messages(holder.segments)
  end
end
local first = redis.call('ZRANGE', outstanding_key, 0, 0, 'WITHSCORES')
return {
  math.max(state.next, meta.startOffset), group_committed({ outstanding = outstanding_key }, state), meta.endOffset,
  state.inFlight, state.retrying, state.acked, state.deadLettered, state.expired, leases,
  state.lanes and 1 or 0, first[2] and tonumber(first[2]) or -1,
}

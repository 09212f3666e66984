#!lua flags=allow-oom
-- @does Moves a lease's deadline, and acknowledges what is done so far.
-- @keys meta floors state outstanding due holders
-- @args now topic_id channel group group_id lease_id lease_ms ...acked_ranges
-- `lease_ms` is '' for the group's own; the rest are first and last of ranges, sorted and disjoint.
-- @returns {deadline, messages acknowledged now, messages left}
-- @errors TOPIC_NOT_FOUND, GROUP_NOT_FOUND, LEASE_LOST, INVALID with the offset that is not of the lease
-- @include clock
-- @include open_partition
-- @include open_group
-- @include holder
-- @include segments
-- @include apply_outcome
-- @include settle_cursor
-- O(segments + ranges + log holders). Repeating it acknowledges nothing twice. A group ordered by partition counts
-- acknowledgements only up to the first message that was not acknowledged.
now = clock(now)
local meta = open_partition(meta_key, topic_id)
if not meta then return redis.error_reply('TOPIC_NOT_FOUND The topic does not exist') end
local state = open_group(state_key, group_id)
if not state then return redis.error_reply('GROUP_NOT_FOUND The group does not exist') end
local keys = {
  meta = meta_key, floors = floors_key, state = state_key, outstanding = outstanding_key, due = due_key,
  holders = holders_key,
}
local lease = read_holder(holders_key, lease_id)
if not lease or lease.kind ~= 'lease' then return redis.error_reply('LEASE_LOST The lease has ended') end
if lease.due <= now then return redis.error_reply('LEASE_LOST The lease has expired') end

local ranges = {}
for index = 8, #ARGV, 2 do
  ranges[#ranges + 1] = tonumber(ARGV[index])
  ranges[#ranges + 1] = tonumber(ARGV[index + 1])
  ranges[#ranges + 1] = 'ack'
  ranges[#ranges + 1] = ''
  ranges[#ranges + 1] = ''
end
local pieces, stranger = apply_outcome(lease, ranges, 'keep')
if not pieces then return redis.error_reply('INVALID offset ' .. text(stranger) .. ' is not part of the lease') end
local kept, acked = {}, 0
for _, piece in ipairs(pieces) do
  local first, last, attempt, code = unpack(piece)
  local counts = code == 'ack' and (state.ordering ~= 'partition' or #kept == 0)
  if counts then
    acked = acked + last - first + 1
  else
    add_segment(kept, first, last, attempt)
  end
end
if #kept == 0 then
  return redis.error_reply('INVALID ack names every message of the lease: settle it instead')
end
lease.segments = kept
lease.due = now + (lease_ms ~= '' and tonumber(lease_ms) or state.leaseMs)
write_holder(keys, lease)
change(state, 'inFlight', state.inFlight - acked)
change(state, 'acked', state.acked + acked)
settle_cursor(keys, meta, state, group, now)
return { lease.due, acked, count_messages(kept) }

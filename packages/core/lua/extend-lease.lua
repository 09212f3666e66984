#!lua flags=allow-oom
-- @does Moves a lease's deadline, acknowledges what is done so far, and gives back what will not be done.
-- @keys meta floors state outstanding due holders
-- @args now topic_id channel group group_id lease_id lease_ms ...ranges
-- `lease_ms` is '' for the group's own, `keep` to leave the deadline; the rest are first, last and code (ack, release) of
-- ranges, sorted and disjoint.
-- @returns {deadline, messages acknowledged now, messages left}
-- @errors TOPIC_NOT_FOUND, GROUP_NOT_FOUND, LEASE_LOST, INVALID with the offset that is not of the lease
-- @include clock
-- @include open_group_in_partition
-- @include holder
-- @include find_lease
-- @include segments
-- @include apply_outcome
-- @include not_of_lease
-- @include release_segments
-- @include settle_cursor
-- @include wake_waiting
-- O(segments + ranges + log holders). Repeating it acknowledges nothing twice. A group ordered by partition counts
-- acknowledgements only up to the first message that was not acknowledged, and gives back all behind the first that is.
now = clock(now)
local meta, state, unknown = open_group_in_partition(meta_key, topic_id, state_key, group_id)
if unknown then return unknown end
local keys = {
  meta = meta_key, floors = floors_key, state = state_key, outstanding = outstanding_key, due = due_key,
  holders = holders_key,
}
local lease, lost = find_lease(holders_key, lease_id, now)
if lost then return lost end

local ranges = {}
for index = 8, #ARGV, 3 do
  ranges[#ranges + 1] = tonumber(ARGV[index])
  ranges[#ranges + 1] = tonumber(ARGV[index + 1])
  ranges[#ranges + 1] = ARGV[index + 2]
  ranges[#ranges + 1] = ''
  ranges[#ranges + 1] = ''
end
local pieces, stranger = apply_outcome(lease, ranges, 'keep')
if not pieces then return not_of_lease(lease, stranger) end
local kept, released, acked = {}, {}, 0
for _, piece in ipairs(pieces) do
  local first, last, attempt, code = unpack(piece)
  local in_order = state.ordering == 'partition'
  if code == 'ack' and (not in_order or #kept + #released == 0) then
    acked = acked + last - first + 1
  elseif code == 'release' or in_order and #released > 0 then
    add_segment(released, first, last, attempt - 1)
  else
    add_segment(kept, first, last, attempt)
  end
end
if #kept == 0 then
  return redis.error_reply('INVALID ack names every message of the lease: settle it instead')
end
local given_back = count_messages(released)
lease.segments = kept
if lease_ms ~= 'keep' then lease.due = now + (lease_ms ~= '' and tonumber(lease_ms) or state.leaseMs) end
release_segments(keys, state, released, lease_id .. ':r' .. text(now), now)
write_holder(keys, lease)
change(state, 'inFlight', state.inFlight - acked - given_back)
change(state, 'acked', state.acked + acked)
if given_back > 0 then wake_waiting(channel, meta, 0) end
settle_cursor(keys, meta, state, group, now)
return { lease.due, acked, count_messages(kept) }

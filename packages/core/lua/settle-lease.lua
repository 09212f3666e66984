#!lua flags=allow-oom
-- @does Ends a lease: acknowledges, retries, releases or gives up each of its messages.
-- @keys meta floors state outstanding due holders settled0 settled1
-- @args now topic_id channel group group_id lease_id default_code held_last ...ranges
-- Each range is five arguments: first, last, code (ack, retry, release, dead-letter), delay in ms ('' for the group's
-- back-off), reason. Ranges are sorted and disjoint. What they do not name gets `default_code`. `held_last` is the last
-- offset that the lease is thought to have had, or ''.
-- @returns {acked, retried, released, dead-lettered, {holder id, reason, {first, last, attempt, …}, …} to be buried}
-- @errors TOPIC_NOT_FOUND, GROUP_NOT_FOUND, LEASE_LOST, INVALID with the offset that is not of the lease
-- @include clock
-- @include open_group_in_partition
-- @include holder
-- @include fresh_holder_id
-- @include find_lease
-- @include segments
-- @include backoff
-- @include settled_answers
-- @include apply_outcome
-- @include not_of_lease
-- @include release_segments
-- @include settle_cursor
-- @include wake_waiting
-- O(segments + ranges + log holders). An identical repeat is given the first answer.
now = clock(now)
local meta, state, unknown = open_group_in_partition(meta_key, topic_id, state_key, group_id)
if unknown then return unknown end
local keys = {
  meta = meta_key, floors = floors_key, state = state_key, outstanding = outstanding_key, due = due_key,
  holders = holders_key, settled0 = settled0_key, settled1 = settled1_key,
}
local settled, older_settled = settled_leases(keys, state, now)
local fingerprint = #ARGV == 8 and default_code or redis.sha1hex(table.concat(ARGV, ' ', 7))
local earlier = settled_before(settled, older_settled, lease_id, fingerprint)
if earlier then return earlier end
local lease, lost = find_lease(holders_key, lease_id, now)
if lost then return lost end
-- A lease that had grown is known as it was before, when Redis was restored from an older state.
if held_last ~= '' and tonumber(held_last) > lease.to then
  return redis.error_reply('LEASE_LOST The lease never had offset ' .. held_last)
end

local ranges = {}
for index = 9, #ARGV, 5 do
  ranges[#ranges + 1] = tonumber(ARGV[index])
  ranges[#ranges + 1] = tonumber(ARGV[index + 1])
  for part = 2, 4 do ranges[#ranges + 1] = ARGV[index + part] end
end
local pieces, stranger = apply_outcome(lease, ranges, default_code)
if not pieces then return not_of_lease(lease, stranger) end

local counts = { ack = 0, retry = 0, release = 0, dead = 0 }
local holders, by_fate = {}, {}
local function hold(kind, due, reason, first, last, attempt)
  local fate = kind .. text(due) .. ' ' .. reason
  local holder = by_fate[fate]
  if not holder then
    local id = fresh_holder_id(holders_key, lease_id .. ':' .. #holders + 1)
    holder = { id = id, kind = kind, due = due, reason = reason, segments = {} }
    holders[#holders + 1] = holder
    by_fate[fate] = holder
  end
  add_segment(holder.segments, first, last, attempt)
end

local function give_up(first, last, attempt, reason)
  counts.dead = counts.dead + last - first + 1
  hold('exhausted', now, reason, first, last, attempt)
end

local function retry(first, last, attempt, delay, reason)
  if attempt >= state.maxDeliveries then
    return give_up(first, last, attempt, reason ~= '' and reason or 'The last attempt failed')
  end
  counts.retry = counts.retry + last - first + 1
  hold('retry', now + (delay ~= '' and tonumber(delay) or backoff(state, attempt)), '', first, last, attempt)
end

local released = {}
local function release(first, last, attempt)
  counts.release = counts.release + last - first + 1
  add_segment(released, first, last, attempt - 1)
end

local ordered = state.ordering == 'partition'
local blocked = false
for _, piece in ipairs(pieces) do
  local first, last, attempt, code, delay, reason = unpack(piece)
  if blocked or code == 'release' then
    release(first, last, attempt)
    blocked = ordered
  elseif code == 'ack' then
    counts.ack = counts.ack + last - first + 1
  elseif code == 'dead-letter' then
    give_up(first, last, attempt, reason)
  elseif ordered then
    retry(first, first, attempt, delay, reason)
    if first < last then release(first + 1, last, attempt) end
    blocked = true
  else
    retry(first, last, attempt, delay, reason)
  end
end

local total = count_messages(lease.segments)
remove_holder(keys, lease_id)
release_segments(keys, state, released, lease_id .. ':r', now)
local exhausted, held = {}, 0
for _, holder in ipairs(holders) do
  write_holder(keys, holder)
  held = held + count_messages(holder.segments)
  if holder.kind == 'exhausted' then
    exhausted[#exhausted + 1] = holder.id
    exhausted[#exhausted + 1] = holder.reason
    exhausted[#exhausted + 1] = holder.segments
  end
end
change(state, 'inFlight', state.inFlight - total)
change(state, 'retrying', state.retrying + held)
change(state, 'acked', state.acked + counts.ack)
if ordered or counts.release > 0 then
  wake_waiting(channel, meta, 0)
else
  for _, holder in ipairs(holders) do wake_waiting(channel, meta, holder.due) end
end
remember_settled(settled, lease_id, fingerprint, counts)
settle_cursor(keys, meta, state, group, now)
return { counts.ack, counts.retry, counts.release, counts.dead, exhausted }

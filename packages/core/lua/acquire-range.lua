#!lua flags=allow-oom
-- @does Leases messages of a partition to a consumer: what expired first, then retries that are due, then new ones.
-- @keys meta log marks floors delayed bodies promoted0 promoted1 state outstanding due holders
-- @args now topic_id channel group group_id lease_id max_messages max_bytes lease_ms consumer wake grow_id grow_last
-- `lease_ms` is '' for the group's own; `wake` is 1 to be told when there is something; `grow_id` names the lease of an
-- ordered group that is to grow behind `grow_last`, else ''.
-- @returns {now, end, next due ('' for never), paused 0|1, deadline ('' for no lease), {first, last, attempt, …},
-- {holder id, reason, {first, last, attempt, …}, …} of what is exhausted and to be buried, version of the topic,
-- 1 when it was not through with what has expired and wants to be called again}
-- @errors TOPIC_NOT_FOUND, GROUP_NOT_FOUND, LEASE_LOST when the lease that is to grow has ended
-- @include clock
-- @include open_group_in_partition
-- @include holder
-- @include find_lease
-- @include segments
-- @include expire_holder
-- @include lease_range
-- @include promote_delayed
-- @include mend_group
-- @include settle_cursor
-- @include wake_waiting
-- O(log n + segments). A repeat with the same lease id is answered with the same lease.
now = clock(now)
local meta, state, unknown = open_group_in_partition(meta_key, topic_id, state_key, group_id)
if unknown then return unknown end
if state.lanes then return redis.error_reply('GROUP_NOT_FOUND The partition is on lanes') end
local keys = {
  meta = meta_key, log = log_key, marks = marks_key, floors = floors_key, delayed = delayed_key, bodies = bodies_key,
  promoted0 = promoted0_key, promoted1 = promoted1_key,
  state = state_key, outstanding = outstanding_key, due = due_key, holders = holders_key,
}
-- Before anything is written: a script that answers with an error keeps what it wrote so far, and nothing of its records.
local grown, lost
if grow_id ~= '' then grown, lost = find_lease(holders_key, grow_id, now) end
if lost then return lost end

mend_group(keys, meta, state)
local end_before = meta.endOffset
promote_delayed(keys, meta, now, 100)
if meta.endOffset > end_before then wake_waiting(channel, meta, 0) end

local limit = tonumber(max_messages)
local exhausted = {}
local function note_exhausted(holder)
  exhausted[#exhausted + 1] = holder.id
  exhausted[#exhausted + 1] = holder.reason
  exhausted[#exhausted + 1] = holder.segments
end

local function next_due()
  local first = redis.call('ZRANGE', due_key, 0, 0, 'WITHSCORES')
  local due = tonumber(first[2] or '')
  if meta.nextDueAt and (not due or meta.nextDueAt < due) then due = meta.nextDueAt end
  return due and text(due) or ''
end

local function answer(lease, segments, unfinished)
  if not lease and wake == '1' and not meta.waiting then change(meta, 'waiting', 1) end
  settle_cursor(keys, meta, state, group, now)
  return {
    now, meta.endOffset, next_due(), state.paused == 1 and 1 or 0, lease and text(lease.due) or '', segments or {},
    exhausted, meta.version or 0, unfinished and 1 or 0,
  }
end

local repeated = read_holder(holders_key, lease_id)
if repeated then return answer(repeated, repeated.segments) end
if state.next < meta.startOffset then
  change(state, 'expired', state.expired + meta.startOffset - state.next)
  -- Tickets tell it of the messages that the group lost last.
  if state.lostTo ~= state.next then change(state, 'lostFrom', state.next) end
  change(state, 'lostTo', meta.startOffset)
  change(state, 'next', meta.startOffset)
end
if state.paused == 1 then return answer(nil) end

local function fresh_lease()
  local length = lease_ms ~= '' and tonumber(lease_ms) or state.leaseMs
  return { id = lease_id, kind = 'lease', due = now + length, consumer = consumer, piece = 0, segments = {} }
end

if grow_id ~= '' then
  local last = grown.segments[#grown.segments - 1]
  if last == tonumber(grow_last) and last + 1 == state.next then
    if not lease_new(keys, meta, state, grown, fit_messages(meta, limit, tonumber(max_bytes))) then return answer(nil) end
    last = grown.segments[#grown.segments - 1]
  end
  if last == tonumber(grow_last) then return answer(nil) end
  return answer(grown, (clip_segments(grown.segments, tonumber(grow_last) + 1)))
end

local function next_holder()
  local ordered = state.ordering == 'partition'
  local ids = ordered and redis.call('ZRANGE', outstanding_key, 0, 0)
    or redis.call('ZRANGE', due_key, '-inf', text(now), 'BYSCORE', 'LIMIT', 0, 1)
  return ids[1] and read_holder(holders_key, ids[1])
end

for _ = 1, 16 do
  local holder = next_holder()
  if not holder then
    local lease = lease_new(keys, meta, state, fresh_lease(), fit_messages(meta, limit, tonumber(max_bytes)))
    return answer(lease, lease and lease.segments)
  end
  if holder.due > now then return answer(nil) end
  if holder.kind == 'lease' or (holder.kind == 'retry' and has_exhausted(state, holder.segments)) then
    expire_holder(keys, state, holder, now)
  elseif holder.kind == 'retry' then
    local lease = lease_retry(keys, meta, state, holder, fresh_lease(), limit)
    if lease then return answer(lease, lease.segments) end
  else
    note_exhausted(holder)
    if state.ordering == 'partition' then return answer(nil) end
    holder.due = now + 1000
    write_holder(keys, holder)
  end
end
return answer(nil, nil, true)

#!lua flags=allow-oom
-- @does Tells a group on lanes where a partition stands, and takes note there of how far the group has come.
-- @keys meta log marks floors delayed bodies promoted0 promoted1 state outstanding due holders
-- @args now topic_id channel group group_id era filed committed held ended moved revision lost wake
-- `era`, `filed`, `committed`, `held` (messages in the lanes), `ended`, `moved` and `revision` as the group has them; '' where it has
-- nothing of the partition. `lost` is the era of which the group, when it was asked again, turned out to know nothing any more, or to be
-- ahead of the partition; else ''. `wake` is 1 to be told when something is appended.
-- @returns {now, start, end, era of the lanes here, where they begin (or begin anew), next due ('' for never), version of the topic,
-- mean size of a message, holder that is to be moved over ('' for none), its due time, how many of its messages may be
-- taken together (0 for any), {first, last, attempt, …} of it, deadline of a lease that is still held here ('' for none), {holder,
-- reason, {first, last, attempt, …}, …} to be buried, 1 when what is told of the group does not fit: it is to be asked again, and
-- what does not fit then is lost, 1 when the lanes begin anew because of that}
-- @errors TOPIC_NOT_FOUND, GROUP_NOT_FOUND
-- @include clock
-- @include open_group_in_partition
-- @include holder
-- @include segments
-- @include expire_holder
-- @include promote_delayed
-- @include begin_era
-- @include settle_cursor
-- @include wake_waiting
-- O(log n + holders moved). Repeating it is harmless.
now = clock(now)
local meta, state, unknown = open_group_in_partition(meta_key, topic_id, state_key, group_id)
if unknown then return unknown end
if not state.lanes then return redis.error_reply('GROUP_NOT_FOUND The partition keeps the group on ranges') end
local keys = {
  meta = meta_key, log = log_key, marks = marks_key, floors = floors_key, delayed = delayed_key, bodies = bodies_key,
  promoted0 = promoted0_key, promoted1 = promoted1_key,
  state = state_key, outstanding = outstanding_key, due = due_key, holders = holders_key,
}
local end_before = meta.endOffset
promote_delayed(keys, meta, now, 100)
if meta.endOffset > end_before then wake_waiting(channel, meta, 0) end

local known = filed ~= '' and tonumber(era) == state.lanes and tonumber(filed) <= meta.endOffset
local first = state.lanesNext or state.next
if known then
  if state.lanesKnown ~= state.lanes then change(state, 'lanesKnown', state.lanes) end
end
if known and tonumber(revision) > (state.lanesRevision or -1) then
  change(state, 'lanesRevision', tonumber(revision))
  if state.next ~= tonumber(filed) then change(state, 'next', tonumber(filed)) end
  if state.lanesCommitted ~= tonumber(committed) then change(state, 'lanesCommitted', tonumber(committed)) end
  if state.lanesHeld ~= tonumber(held) then change(state, 'lanesHeld', tonumber(held)) end
  if state.lanesEnded ~= tonumber(ended) then change(state, 'lanesEnded', tonumber(ended)) end
end
local went_back = era ~= '' and (tonumber(era) > state.lanes or (tonumber(era) == state.lanes and not known))
local stale = went_back or (not known and state.lanesKnown == state.lanes)
if stale and lost == text(state.lanes) then
  stale = false
  -- The group's side or this one has lost what it knew: what had not ended is read into the lanes again. Not before the group
  -- was asked again: who tells may have it from before a Redis that holds both was restored.
  first = math.min(meta.endOffset, math.max(meta.startOffset, state.lanesCommitted or state.next))
  begin_era(state, first, tonumber(era))
  change(state, 'lanesMended', state.lanes)
end

local exhausted, deadline = {}, ''
local function to_be_moved()
  local moved_holder, moved_to = string.match(moved, '^(.*)@(%d+)$')
  for _ = 1, 32 do
    local found, expired
    for _, id in ipairs(redis.call('ZRANGE', outstanding_key, 0, 63)) do
      local holder = read_holder(holders_key, id)
      if holder.kind == 'lease' and holder.due <= now then
        expire_holder(keys, state, holder, now)
        expired = true
        break
      elseif holder.kind == 'lease' then
        if deadline == '' or holder.due < tonumber(deadline) then deadline = text(holder.due) end
      elseif holder.kind == 'exhausted' then
        if holder.due <= now and #exhausted == 0 then
          exhausted = { holder.id, holder.reason, holder.segments }
          holder.due = now + 1000
          write_holder(keys, holder)
        end
      elseif not found then
        found = holder
      end
    end
    if not expired then
      if not found then return nil end
      local rest = found.segments
      if found.id == moved_holder then rest = clip_segments(rest, tonumber(moved_to) + 1) end
      if #rest > 0 then
        local taken = split_segments(rest, 1000)
        return found, taken
      end
      remove_holder(keys, found.id)
      change(state, 'retrying', state.retrying - count_messages(found.segments))
    end
  end
  return nil
end
local holder, segments
if redis.call('ZCARD', outstanding_key) > 0 then holder, segments = to_be_moved() end

if wake == '1' and not meta.waiting and state.next >= meta.endOffset then change(meta, 'waiting', 1) end
local messages = meta.endOffset - meta.startOffset
local mean = (meta.appendedBytes - meta.trimmedBytes) / math.max(messages, 1)
settle_cursor(keys, meta, state, group, now)
return {
  now, meta.startOffset, meta.endOffset, state.lanes, first, meta.nextDueAt and text(meta.nextDueAt) or '',
  meta.version or 0, math.ceil(mean), holder and holder.id or '', holder and text(holder.due) or '',
  holder and holder.piece or 0, segments or {}, deadline, exhausted,
  stale and 1 or 0, state.lanesMended == state.lanes and 1 or 0,
}

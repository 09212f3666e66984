#!lua flags=allow-oom
-- @does Says whether an acquire would find something in a partition, and leaves a mark when it would not.
-- @keys meta floors state outstanding due holders
-- @args now topic_id group group_id wake
-- `wake` is 1 to be told when there is something.
-- @returns {now, 1 when there is something, next due ('' for never), paused 0|1, version of the topic}
-- @errors TOPIC_NOT_FOUND, GROUP_NOT_FOUND
-- @include clock
-- @include open_group_in_partition
-- @include mend_group
-- @include settle_cursor
-- O(log holders). Repeating it is harmless.
now = clock(now)
local meta, state, unknown = open_group_in_partition(meta_key, topic_id, state_key, group_id)
if unknown then return unknown end
if state.lanes then return redis.error_reply('GROUP_NOT_FOUND The partition is on lanes') end

local keys = {
  meta = meta_key, floors = floors_key, state = state_key, outstanding = outstanding_key, due = due_key,
  holders = holders_key,
}
mend_group(keys, meta, state)
local first_due = redis.call('ZRANGE', due_key, 0, 0, 'WITHSCORES')
local next_due = tonumber(first_due[2] or '')
if meta.nextDueAt and (not next_due or meta.nextDueAt < next_due) then next_due = meta.nextDueAt end
local found = state.next < meta.endOffset or (next_due and next_due <= now)
if state.ordering == 'partition' then
  local first = redis.call('ZRANGE', outstanding_key, 0, 0)
  if first[1] then found = tonumber(redis.call('ZSCORE', due_key, first[1])) <= now end
end
if state.paused == 1 then found = false end
if not found and wake == '1' and not meta.waiting then change(meta, 'waiting', 1) end
settle_cursor(keys, meta, state, group, now)
return { now, found and 1 or 0, next_due and text(next_due) or '', state.paused == 1 and 1 or 0, meta.version or 0 }

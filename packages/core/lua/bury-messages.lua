#!lua flags=allow-oom
-- @does Moves exhausted messages of a group into its dead-letter log, exactly once.
-- @keys meta floors state outstanding due holders failed0 failed1 dead_meta dead_log dead_marks dead_floors
-- @args now topic_id channel group group_id holder_id keep_ms ...entries
-- Dead letters are kept as long as the topic's messages, and for `keep_ms` at least.
-- The rest are pairs of offset and record batch of one message ('' when the log no longer has it: counted as expired).
-- @returns how many were buried
-- @errors TOPIC_NOT_FOUND, GROUP_NOT_FOUND
-- @include clock
-- @include open_group_in_partition
-- @include holder
-- @include segments
-- @include open_dead_letters
-- @include append_unit
-- @include failures
-- @include settle_cursor
-- @include wake_waiting
-- O(entries + segments). What the holder no longer has is passed over, so repeating it buries nothing twice.
now = clock(now)
local meta, state, unknown = open_group_in_partition(meta_key, topic_id, state_key, group_id)
if unknown then return unknown end
local keys = {
  meta = meta_key, floors = floors_key, state = state_key, outstanding = outstanding_key, due = due_key,
  holders = holders_key, failed0 = failed0_key, failed1 = failed1_key,
}
local dead_keys = { log = dead_log_key, marks = dead_marks_key, floors = dead_floors_key }
local holder = read_holder(holders_key, holder_id)
if not holder or holder.kind ~= 'exhausted' then return 0 end
local dead = open_dead_letters(dead_meta_key, topic_id, meta, tonumber(keep_ms))

local entries = {}
for index = 8, #ARGV, 2 do entries[ARGV[index]] = ARGV[index + 1] end
local failures = open_failures(keys, now, tonumber(keep_ms))
local kept, buried, expired = {}, 0, 0
for index = 1, #holder.segments, 3 do
  for offset = holder.segments[index], holder.segments[index + 1] do
    local body = entries[text(offset)]
    if not body then
      add_segment(kept, offset, offset, holder.segments[index + 2])
    elseif body == '' then
      note_failed(failures, offset, 'Retention took it away')
      expired = expired + 1
    else
      append_unit(dead_keys, dead, 1, body, now)
      note_failed(failures, offset, holder.reason)
      buried = buried + 1
    end
  end
end
save_record(dead_meta_key, dead)
if #kept == 0 then
  remove_holder(keys, holder_id)
else
  holder.segments = kept
  write_holder(keys, holder)
end
change(state, 'retrying', state.retrying - buried - expired)
change(state, 'deadLettered', state.deadLettered + buried)
change(state, 'expired', state.expired + expired)
if state.ordering == 'partition' then wake_waiting(channel, meta, 0) end
settle_cursor(keys, meta, state, group, now)
return buried

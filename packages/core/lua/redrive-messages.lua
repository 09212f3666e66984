#!lua
-- @does Hands dead-lettered messages back to their group, each once.
-- @keys meta log marks floors state outstanding due holders failed0 failed1 dead_meta dead_log
-- @args now topic_id channel group group_id holder_id ...entries
-- The rest are triples: offset in the dead-letter log, offset of origin, and a record batch of one message that only
-- this group will read, for the case that the log no longer has the origin.
-- @returns how many were handed back
-- @errors TOPIC_NOT_FOUND, GROUP_NOT_FOUND
-- @include clock
-- @include open_group_in_partition
-- @include holder
-- @include segments
-- @include append_unit
-- @include failures
-- @include settle_cursor
-- @include wake_waiting
-- O(entries), and O(entries x holders) once a seek has gone back. A message that a seek put behind the cursor again is delivered anyway;
-- on lanes, they know. What the dead-letter log no longer has is passed over, so repeating it hands nothing back twice.
now = clock(now)
local meta, state, unknown = open_group_in_partition(meta_key, topic_id, state_key, group_id)
if unknown then return unknown end
local keys = {
  meta = meta_key, log = log_key, marks = marks_key, floors = floors_key, state = state_key,
  outstanding = outstanding_key, due = due_key, holders = holders_key,
  failed0 = failed0_key, failed1 = failed1_key,
}
--- After a seek went back, a dead letter's message may be on its way again: then it is not handed out twice.
local held = {}
if state.soughtBack then
  for _, id in ipairs(redis.call('HKEYS', holders_key)) do
    local segments = read_holder(holders_key, id).segments
    for index = 1, #segments, 3 do held[#held + 1] = { segments[index], segments[index + 1] } end
  end
end
local function is_held(offset)
  for _, range in ipairs(held) do
    if range[1] <= offset and offset <= range[2] then return true end
  end
  return false
end

local origins, redriven = {}, 0
for index = 7, #ARGV, 3 do
  if redis.call('XDEL', dead_log_key, ARGV[index] .. '-1') == 1 then
    redriven = redriven + 1
    local origin = tonumber(ARGV[index + 1])
    if origin < meta.startOffset then
      append_unit(keys, meta, 1, ARGV[index + 2], now)
    elseif state.lanes or (origin < state.next and not is_held(origin)) then
      forget_failed(keys, origin)
      origins[#origins + 1] = origin
    end
  end
end
if redriven == 0 then return 0 end
redis.call('HINCRBY', dead_meta_key, 'redriven', redriven)
if #origins > 0 then
  table.sort(origins)
  local holder = { id = holder_id, kind = 'retry', due = now, segments = {} }
  for index, origin in ipairs(origins) do
    if origin ~= origins[index - 1] then add_segment(holder.segments, origin, origin, 0) end
  end
  local count = count_messages(holder.segments)
  write_holder(keys, holder)
  if not state.lanes then change(state, 'redriven', state.redriven + count) end
  change(state, 'retrying', state.retrying + count)
end
wake_waiting(channel, meta, 0)
settle_cursor(keys, meta, state, group, now)
return redriven

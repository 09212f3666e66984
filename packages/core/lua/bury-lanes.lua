#!lua flags=allow-oom
-- @does Appends exhausted messages of a group on lanes to its dead-letter log, each exactly once.
-- @keys meta state failed0 failed1 dead_meta dead_log dead_marks dead_floors
-- @args now topic_id group_id keep_ms ...entries
-- The rest are quadruples in order of their numbers: number of the burial, offset, record batch of one message ('' when the
-- log no longer has it), reason.
-- @returns how many were appended
-- @errors TOPIC_NOT_FOUND, GROUP_NOT_FOUND
-- @include clock
-- @include open_group_in_partition
-- @include open_dead_letters
-- @include append_unit
-- @include failures
-- O(entries). Burials are numbered and carried out in order, so what was buried once is passed over.
now = clock(now)
local meta, state, unknown = open_group_in_partition(meta_key, topic_id, state_key, group_id)
if unknown then return unknown end
local keys = { state = state_key, failed0 = failed0_key, failed1 = failed1_key }
local dead_keys = { log = dead_log_key, marks = dead_marks_key, floors = dead_floors_key }
local dead = open_dead_letters(dead_meta_key, topic_id, meta, tonumber(keep_ms))
local failures = open_failures(keys, now, tonumber(keep_ms))
local through, buried = tonumber(redis.call('HGET', state_key, 'buriedThrough') or '0'), 0
for index = 5, #ARGV, 4 do
  local number = tonumber(ARGV[index])
  if number > through then
    through = number
    if ARGV[index + 2] ~= '' then
      append_unit(dead_keys, dead, 1, ARGV[index + 2], now)
      note_failed(failures, tonumber(ARGV[index + 1]), ARGV[index + 3])
      buried = buried + 1
    end
  end
end
redis.call('HSET', state_key, 'buriedThrough', text(through))
save_record(dead_meta_key, dead)
return buried

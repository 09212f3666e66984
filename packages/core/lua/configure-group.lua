#!lua
-- @does Makes a group in a partition, or brings its copy of the group's settings up to a version.
-- @keys meta floors state outstanding due holders settled0 settled1 results results_end failed0 failed1
-- @args now topic_id channel group group_id version start ...fields
-- `start` is earliest or latest, or '' to make no group that is not there; the rest are pairs of field and value of the state hash.
-- @returns the version of the group's settings that the partition has now; 0 when it has none of the group
-- @errors TOPIC_NOT_FOUND
-- @include clock
-- @include open_partition
-- @include open_group
-- @include settle_cursor
-- @include enter_lanes
-- @include wake_waiting
-- O(fields + groups). Repeating it, or an older version that comes late, changes nothing.
now = clock(now)
local meta = open_partition(meta_key, topic_id)
if not meta then return redis.error_reply('TOPIC_NOT_FOUND The topic does not exist') end
local keys = {
  meta = meta_key, floors = floors_key, state = state_key, outstanding = outstanding_key, due = due_key,
  holders = holders_key,
}
local fields = {}
for index = 8, #ARGV do fields[#fields + 1] = ARGV[index] end
local known_id, known_version = unpack(redis.call('HMGET', state_key, 'groupId', 'version'))
if known_id == group_id and tonumber(known_version) >= tonumber(version) then return tonumber(known_version) end
if known_id ~= group_id then
  if start == '' then return 0 end
  redis.call(
    'UNLINK', state_key, outstanding_key, due_key, holders_key, settled0_key, settled1_key, results_key, results_end_key,
    failed0_key, failed1_key
  )
  local first = start == 'latest' and meta.endOffset or meta.startOffset
  redis.call(
    'HSET', state_key, 'groupId', group_id, 'next', text(first), 'base', text(first), 'inFlight', 0, 'retrying', 0,
    'acked', 0, 'deadLettered', 0, 'expired', 0, 'redriven', 0
  )
end
redis.call('HSET', state_key, 'version', version, unpack(fields))
local state = open_group(state_key, group_id)
enter_lanes(state)
wake_waiting(channel, meta, 0)
settle_cursor(keys, meta, state, group, now)
return tonumber(version)

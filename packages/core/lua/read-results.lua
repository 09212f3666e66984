#!lua flags=allow-oom
-- @does Reads what is kept of messages of a group: results, and why they were given up.
-- @keys meta results failed0 failed1
-- @args now topic_id wake ...offsets
-- `wake` is 1 to be told of the next result.
-- @returns {now, {`<kept until> <kind> <text>` or '', {reason} or {}, for each offset}}
-- @errors TOPIC_NOT_FOUND
-- @include clock
-- O(offsets). Changes nothing but the mark of who waits.
now = clock(now)
if redis.call('HGET', meta_key, 'topicId') ~= topic_id then
  return redis.error_reply('TOPIC_NOT_FOUND The topic does not exist')
end
if wake == '1' then redis.call('HSET', meta_key, 'resultsAwaited', 1) end
local found = {}
for index = 4, #ARGV do
  local reason = redis.call('HGET', failed0_key, ARGV[index]) or redis.call('HGET', failed1_key, ARGV[index])
  found[#found + 1] = redis.call('HGET', results_key, ARGV[index]) or ''
  found[#found + 1] = reason and { reason } or {}
end
return { now, found }

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
local offsets = {}
for index = 4, #ARGV do offsets[#offsets + 1] = ARGV[index] end
local found = {}
if #offsets > 0 then
  local results = redis.call('HMGET', results_key, unpack(offsets))
  local reasons = redis.call('HMGET', failed0_key, unpack(offsets))
  local older_reasons = redis.call('HMGET', failed1_key, unpack(offsets))
  for index = 1, #offsets do
    local reason = reasons[index] or older_reasons[index]
    found[#found + 1] = results[index] or ''
    found[#found + 1] = reason and { reason } or {}
  end
end
return { now, found }

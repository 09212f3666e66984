#!lua
-- @does Keeps results of messages of a group for their tickets, and wakes who waits for them.
-- @keys meta state results results_end
-- @args now topic_id group_id channel ttl_ms ...results
-- The rest are triples: offset, kind (ok, error), text.
-- @returns how many were kept
-- @errors TOPIC_NOT_FOUND, GROUP_NOT_FOUND, OFFSET_OUT_OF_RANGE
-- @include clock
-- @include open_group_in_partition
-- O(results x log n). Repeating it puts the same in its place. Whatever the number of results, those that are over are
-- removed twice as fast as others come; when none come any more, the last one takes all with it.
now = clock(now)
local meta, state, unknown = open_group_in_partition(meta_key, topic_id, state_key, group_id)
if unknown then return unknown end
for index = 6, #ARGV, 3 do
  if tonumber(ARGV[index]) >= meta.endOffset then
    return redis.error_reply('OFFSET_OUT_OF_RANGE ' .. ARGV[index] .. ' is not before ' .. text(meta.endOffset))
  end
end
local ends_at = text(now + tonumber(ttl_ms))
local fields, ends = {}, {}
for index = 6, #ARGV, 3 do
  fields[#fields + 1] = ARGV[index]
  fields[#fields + 1] = ends_at .. ' ' .. ARGV[index + 1] .. ' ' .. ARGV[index + 2]
  ends[#ends + 1] = ends_at
  ends[#ends + 1] = ARGV[index]
end
redis.call('HSET', results_key, unpack(fields))
redis.call('ZADD', results_end_key, unpack(ends))
local over = redis.call('ZRANGE', results_end_key, '-inf', text(now), 'BYSCORE', 'LIMIT', 0, #ends)
if #over > 0 then
  redis.call('HDEL', results_key, unpack(over))
  redis.call('ZREM', results_end_key, unpack(over))
end
for _, key in ipairs({ results_key, results_end_key }) do
  if redis.call('PTTL', key) < tonumber(ttl_ms) then redis.call('PEXPIRE', key, ttl_ms) end
end
if redis.call('HDEL', meta_key, 'resultsAwaited') == 1 then redis.call('PUBLISH', channel, '0') end
return #ends / 2

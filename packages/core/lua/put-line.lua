#!lua
-- @does Makes a topic's waiting line, or changes the settings of the one it has.
-- @keys line meta called admitted seen returned claimed used joins0 joins1
-- @args now topic_id revision nonce opens_at starts_at ...fields
-- `revision` is what the settings were read at ('' for no line), `nonce` names a new line, or is '' to keep the one that is
-- there. The rest are pairs of field and value.
-- @returns 1 when it was written; 0 when somebody else was first, or it has started meanwhile
-- @errors TOPIC_NOT_FOUND
-- @include clock
-- O(fields), and O(visitors near the head) for a new line. Repeating it answers 0 and changes nothing.
now = clock(now)
if redis.call('HGET', meta_key, 'topicId') ~= topic_id then
  return redis.error_reply('TOPIC_NOT_FOUND The topic does not exist')
end
local known = redis.call('HMGET', line_key, 'topicId', 'revision', 'opensAt', 'startsAt', 'shuffled')
local is_known = known[1] == topic_id
if (is_known and known[2] or '') ~= revision then return 0 end
if nonce == '' then
  local started = known[5] or now >= tonumber(known[4])
  if started and (known[3] ~= opens_at or known[4] ~= starts_at) then return 0 end
else
  redis.call('UNLINK', line_key, called_key, admitted_key, seen_key, returned_key, claimed_key, used_key, joins0_key, joins1_key)
  redis.call('HSET', line_key, 'topicId', topic_id, 'nonce', nonce, 'joined', 0, 'serving', 0, 'frontier', 0)
end
local fields = {}
for index = 7, #ARGV do fields[#fields + 1] = ARGV[index] end
redis.call('HSET', line_key, 'opensAt', opens_at, 'startsAt', starts_at, unpack(fields))
redis.call('HSET', line_key, 'revision', tonumber(revision == '' and '0' or revision) + 1)
return 1

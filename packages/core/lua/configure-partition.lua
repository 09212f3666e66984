#!lua
-- @does Makes a partition, or brings its copy of the topic's settings up to a version.
-- @keys meta log marks floors delayed bodies appenders0 appenders1 repeats0 repeats1 promoted0 promoted1
-- @args topic_id version mend ...fields
-- `mend` is 1 to touch nothing of another topic: then a partition is made only where there is none. The rest are pairs of field and value of the meta hash ('' for none).
-- @returns 2 when it made the partition, 1 when it changed its settings, else 0
-- O(fields). Repeating it, or an older version that comes late, changes nothing.
local known_id, known_version = unpack(redis.call('HMGET', meta_key, 'topicId', 'version'))
local fields = {}
for index = 4, #ARGV do fields[#fields + 1] = ARGV[index] end
local made = known_id ~= topic_id
if made and known_id and mend == '1' then return 0 end
if made then
  redis.call('UNLINK', unpack(KEYS))
  redis.call(
    'HSET', meta_key, 'topicId', topic_id, 'startOffset', 0, 'endOffset', 0, 'appendedBytes', 0, 'trimmedBytes', 0,
    'delayed', 0, 'delayedSequence', 0, 'markedBytes', 0
  )
elseif tonumber(known_version) >= tonumber(version) then
  return 0
end
redis.call('HSET', meta_key, 'version', version, unpack(fields))
return made and 2 or 1

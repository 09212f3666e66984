#!lua flags=allow-oom
-- @does Forgets the figures of a topic that is gone.
-- @keys sums partitions
-- @args topic topic_id
-- `topic_id` is '' for whichever topic had the name.
-- @returns 1 when there were some, else 0
-- O(partitions). Repeating it is harmless.
local kept = redis.call('HGET', sums_key, topic)
if not kept then return 0 end
local sum = cjson.decode(kept)
if topic_id ~= '' and sum.id ~= topic_id then return 0 end
local fields = {}
for partition = 0, sum.partitions - 1 do fields[#fields + 1] = topic .. '/' .. string.format('%d', partition) end
redis.call('HDEL', sums_key, topic)
redis.call('HDEL', partitions_key, unpack(fields))
return 1

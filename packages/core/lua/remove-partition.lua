#!lua flags=allow-oom
-- @does Unlinks everything of a partition that was marked as deleted.
-- @keys meta ...others
-- @args topic_id
-- @returns 1 when it was there, else 0
-- O(keys). Repeating it changes nothing; a topic made anew under the name is not touched.
if redis.call('HGET', meta_key, 'deletedTopicId') ~= topic_id then return 0 end
redis.call('UNLINK', unpack(KEYS))
return 1

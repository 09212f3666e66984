#!lua flags=allow-oom
-- @does Marks a partition of a topic that is being deleted: from here on every script answers TOPIC_NOT_FOUND.
-- @keys meta
-- @args topic_id channel
-- @returns 1
-- @include open_partition
-- @include wake_waiting
-- O(1). Repeating it changes nothing.
local meta = open_partition(meta_key, topic_id)
if meta then
  wake_waiting(channel, meta, 0)
  redis.call('HSET', meta_key, 'topicId', '', 'deletedTopicId', topic_id)
end
return 1

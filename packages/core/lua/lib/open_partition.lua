-- @include hash_record
--- The meta hash of a partition as a record; nil when the topic there is another one or is being deleted.
local partition_fields = {
  'topicId', 'version', 'startOffset', 'endOffset', 'appendedBytes', 'trimmedBytes', 'lastAppendAt',
  'delayed', 'nextDueAt', 'delayedSequence', 'waiting',
  'markAt', 'markedBytes', 'markEveryMs', 'markEveryBytes',
  'floor', 'floorGroup', 'floorRate', 'oldestAt',
  'policy', 'retentionMs', 'retentionBytes', 'idleMs',
}
local partition_texts = { topicId = true, policy = true, floorGroup = true }
local function open_partition(meta_key, topic_id)
  local meta = open_record(meta_key, partition_fields, partition_texts)
  if meta.topicId ~= topic_id then return nil end
  return meta
end

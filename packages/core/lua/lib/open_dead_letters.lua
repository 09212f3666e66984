-- @include text
-- @include open_partition
--- The meta hash of a group's dead-letter log as a record; made where there is none. Dead letters are kept as long as the
--- topic's messages, and for `keep_ms` at least.
local function open_dead_letters(dead_meta_key, topic_id, meta, keep_ms)
  if redis.call('EXISTS', dead_meta_key) == 0 then
    redis.call(
      'HSET', dead_meta_key, 'topicId', topic_id, 'startOffset', 0, 'endOffset', 0, 'appendedBytes', 0,
      'trimmedBytes', 0, 'delayed', 0, 'markedBytes', 0, 'policy', 'log'
    )
  end
  redis.call(
    'HSET', dead_meta_key, 'retentionMs', meta.retentionMs and text(math.max(meta.retentionMs, keep_ms)) or '',
    'retentionBytes', meta.retentionBytes or '',
    'markEveryMs', meta.markEveryMs, 'markEveryBytes', meta.markEveryBytes
  )
  return open_partition(dead_meta_key, topic_id)
end

#!lua flags=no-writes
-- @does Reads where a partition stands.
-- @keys meta
-- @args topic_id
-- @returns {start, end, bytes, delayed, lowest floor ('' for none), version}
-- @errors TOPIC_NOT_FOUND
-- @include open_partition
-- O(1).
local meta = open_partition(meta_key, topic_id)
if not meta then return redis.error_reply('TOPIC_NOT_FOUND The topic does not exist') end
return {
  meta.startOffset, meta.endOffset, meta.appendedBytes - meta.trimmedBytes, meta.delayed,
  meta.floor and text(meta.floor) or '', meta.version or 0,
}

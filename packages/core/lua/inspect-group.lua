#!lua flags=no-writes
-- @does Reads a group's whole state in a partition for an audit.
-- @keys meta floors state outstanding due holders dead_meta dead_log
-- @args topic_id group
-- @returns {state as field, value, …; floor; outstanding as id, score, …; due as id, score, …; holders as id, kind, due,
-- {segments}, …; {start, end, redriven, entries} of the dead-letter log}
-- @errors TOPIC_NOT_FOUND
-- @include open_partition
-- @include holder
-- O(everything that the group holds): for audits only.
local meta = open_partition(meta_key, topic_id)
if not meta then return redis.error_reply('TOPIC_NOT_FOUND The topic does not exist') end
local holders = {}
for _, id in ipairs(redis.call('HKEYS', holders_key)) do
  local holder = read_holder(holders_key, id)
  holders[#holders + 1] = id
  holders[#holders + 1] = holder.kind
  holders[#holders + 1] = text(holder.due)
  holders[#holders + 1] = holder.segments
end
return {
  redis.call('HGETALL', state_key), redis.call('HGET', floors_key, group) or '',
  redis.call('ZRANGE', outstanding_key, 0, -1, 'WITHSCORES'), redis.call('ZRANGE', due_key, 0, -1, 'WITHSCORES'),
  holders,
  {
    redis.call('HGET', dead_meta_key, 'startOffset') or '0', redis.call('HGET', dead_meta_key, 'endOffset') or '0',
    redis.call('HGET', dead_meta_key, 'redriven') or '0', redis.call('XLEN', dead_log_key),
  },
}

-- @include text
-- @include hash_record
-- @include set_mark
-- @include trim_log
--- Adds one record batch of `count` messages at the end of the log and returns its first offset. The id of the entry
--- is `<last offset>-<count>`, so that `XRANGE log (N-0 + COUNT 1` finds the batch that holds offset N. A message that was
--- delayed keeps the number that it had until now (`delayed`, else nil): its ticket may name that one.
local function append_unit(keys, meta, count, body, now, delayed)
  if set_mark(keys, meta, now) then trim_log(keys, meta, now, 4) end
  local first = meta.endOffset
  if first <= (meta.floor or meta.startOffset) then change(meta, 'oldestAt', now) end
  local id = text(first + count - 1) .. '-' .. text(count)
  if delayed then
    redis.call('XADD', keys.log, id, 'batch', body, 'delayed', delayed)
  else
    redis.call('XADD', keys.log, id, 'batch', body)
  end
  change(meta, 'endOffset', first + count)
  change(meta, 'appendedBytes', meta.appendedBytes + #body)
  change(meta, 'lastAppendAt', now)
  return first
end

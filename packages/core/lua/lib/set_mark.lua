-- @include text
-- @include hash_record
-- @include time_at_offset
--- Notes time, offset and bytes before the next unit, once a second or a MiB (less under a small retention). Marks
--- older than the last 120 are thinned to one a minute or a MiB. Returns whether a mark was set.
local function set_mark(keys, meta, now)
  local due = not meta.markAt
    or now - meta.markAt >= meta.markEveryMs
    or meta.appendedBytes - meta.markedBytes >= meta.markEveryBytes
  if not due then return false end
  local at = math.max(now, (meta.markAt or 0) + 1)
  redis.call('ZADD', keys.marks, text(at), text(meta.endOffset) .. ':' .. text(meta.appendedBytes))
  change(meta, 'markAt', at)
  change(meta, 'markedBytes', meta.appendedBytes)
  change(meta, 'oldestAt', time_at_offset(keys.marks, math.max(meta.floor or 0, meta.startOffset)))
  local old = redis.call('ZRANGE', keys.marks, -123, -121, 'WITHSCORES')
  if #old == 6 and tonumber(old[6]) - tonumber(old[2]) < math.min(60 * meta.markEveryMs, 60000) then
    local bytes_before = tonumber(string.match(old[1], ':(%d+)$'))
    local bytes_after = tonumber(string.match(old[5], ':(%d+)$'))
    if bytes_after - bytes_before < meta.markEveryBytes then redis.call('ZREM', keys.marks, old[3]) end
  end
  return true
end

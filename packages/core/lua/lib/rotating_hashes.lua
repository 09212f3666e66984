-- @include text
--- Two hashes that take turns, a window each: the current one and the one before. What is older is unlinked whole, so
--- an entry lives for at least one window and at most two, without a timer an entry. Also tells how many windows have
--- passed since the last time.
local function rotating_hashes(first, second, meta_key, period_field, now, window_ms)
  local period = math.floor(now / window_ms)
  local current, older = first, second
  if period % 2 == 1 then current, older = second, first end
  local known = tonumber(redis.call('HGET', meta_key, period_field) or '-1')
  if known < period then
    redis.call('UNLINK', current)
    if known < period - 1 then redis.call('UNLINK', older) end
    redis.call('HSET', meta_key, period_field, text(period))
  end
  return current, older, math.max(0, period - known)
end

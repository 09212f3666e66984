#!lua flags=allow-oom
-- @does Makes the next generation of signing keys the current one, unless that was done within the last minute.
-- @keys signing
-- @args now
-- @returns the generation that is current
-- @include clock
-- O(1). A repeat whose first answer was lost must not rotate twice: receivers know the current key and the next, so
-- the second rotation would sign with a key that nobody was told.
local time = clock(now)
local rotated_at = tonumber(redis.call('HGET', signing_key, 'rotatedAt') or '-inf')
if time - rotated_at < 60000 then
  return tonumber(redis.call('HGET', signing_key, 'generation') or '0')
end
redis.call('HSET', signing_key, 'rotatedAt', string.format('%.0f', time))
return redis.call('HINCRBY', signing_key, 'generation', 1)

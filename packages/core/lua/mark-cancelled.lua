#!lua flags=allow-oom
-- @does Notes that a run of a task is wanted no more, and tells workers.
-- @keys cancelled
-- @args now run channel keep_ms most
-- @returns when it was first noted, in ms
-- @include clock
-- @include text
-- O(log n + what is over). Repeating it keeps the first time, and tells workers again.
now = clock(now)
redis.call('ZADD', cancelled_key, 'NX', text(now), run)
redis.call('ZREMRANGEBYSCORE', cancelled_key, '-inf', '(' .. text(now - tonumber(keep_ms)))
redis.call('ZREMRANGEBYRANK', cancelled_key, 0, -1 - tonumber(most))
redis.call('PEXPIRE', cancelled_key, keep_ms)
redis.call('PUBLISH', channel, '0')
return redis.call('ZSCORE', cancelled_key, run) or text(now)

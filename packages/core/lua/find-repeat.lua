#!lua flags=no-writes
-- @does Looks up what an idempotency key was answered in this partition.
-- @keys repeats0 repeats1
-- @args key
-- @returns `<place>,<hash>` or nothing
-- O(1).
return redis.call('HGET', repeats0_key, key) or redis.call('HGET', repeats1_key, key)

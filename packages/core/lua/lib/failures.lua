-- @include text
-- @include rotating_hashes
--- Why messages of a group were given up, for their tickets: the hash to note it in, by offset. Kept for as long as dead
--- letters are at least, and twice as long at most.
local function open_failures(keys, now, keep_ms)
  return (rotating_hashes(keys.failed0, keys.failed1, keys.state, 'failedPeriod', now, keep_ms))
end

local function note_failed(failures, offset, reason)
  redis.call('HSET', failures, text(offset), reason)
end

--- It is on its way again.
local function forget_failed(keys, offset)
  redis.call('HDEL', keys.failed0, text(offset))
  redis.call('HDEL', keys.failed1, text(offset))
end

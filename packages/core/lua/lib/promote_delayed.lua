-- @include text
-- @include hash_record
-- @include append_unit
-- @include rotating_hashes
--- Moves delayed messages that are due to the end of the log, in order of due time and then of publishing, at most
--- `limit` of them. Returns how many. O(log delayed) each.
--- Which offset each got is remembered for an hour at least, for its ticket; `promotedEnd` is behind all that is
--- remembered no more.
local function promote_delayed(keys, meta, now, limit)
  if not meta.nextDueAt or meta.nextDueAt > now then return 0 end
  local due = redis.call('ZRANGE', keys.delayed, '-inf', text(now), 'BYSCORE', 'LIMIT', 0, limit)
  local end_before = meta.endOffset
  local places = {}
  for _, member in ipairs(due) do
    local number = text(tonumber(member))
    places[#places + 1] = number
    places[#places + 1] = text(append_unit(keys, meta, 1, redis.call('HGET', keys.bodies, member), now, number))
    redis.call('HDEL', keys.bodies, member)
  end
  if #due > 0 then
    local current, _, passed =
      rotating_hashes(keys.promoted0, keys.promoted1, keys.meta, 'promotedPeriod', now, 3600000)
    if passed > 0 then
      -- After one window, what was promoted in the one before is still remembered.
      local forgotten = passed == 1 and redis.call('HGET', keys.meta, 'promotedTurnEnd')
      local turn_end = text(end_before)
      redis.call('HSET', keys.meta, 'promotedEnd', forgotten or turn_end, 'promotedTurnEnd', turn_end)
    end
    redis.call('HSET', current, unpack(places))
    redis.call('ZREM', keys.delayed, unpack(due))
    change(meta, 'delayed', meta.delayed - #due)
  end
  local first = redis.call('ZRANGE', keys.delayed, 0, 0, 'WITHSCORES')
  change(meta, 'nextDueAt', first[2] and tonumber(first[2]) or nil)
  return #due
end

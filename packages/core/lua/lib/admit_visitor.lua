--- The waiting line in front of a gate, as an append meets it: whether a unit carries an admission of this line that was
--- not used and is in time, as nil, or the code that refuses it. `terms` is the unit's last argument: units of stock, and
--- behind commas `waived`, or the line's nonce, the place and the time at which the admission ends.
local function visitor_refusal(nonce, used_key, terms, now)
  local carried = string.match(terms, '^%d+,(.*)$')
  if not carried then return 'ADMISSION_REQUIRED' end
  if carried == 'waived' then return nil end
  local line, place, expires_at = string.match(carried, '^([%w_-]+),(%d+),(%d+)$')
  if line ~= nonce then return 'ADMISSION_INVALID' end
  if redis.call('GETBIT', used_key, place) == 1 then return 'ADMISSION_USED' end
  if tonumber(expires_at) <= now then return 'ADMISSION_EXPIRED' end
  return nil
end

--- The unit was accepted: its admission is used up, and its place is not waited for any more.
local function note_visitor_admitted(admitted_key, used_key, terms)
  local place = string.match(terms, '^%d+,[%w_-]+,(%d+),')
  if not place then return end
  redis.call('SETBIT', used_key, place, 1)
  redis.call('ZREM', admitted_key, place)
end

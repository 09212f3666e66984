-- @include holder
--- The lease of an id that has neither ended nor expired; or nothing and the error to answer with.
local function find_lease(holders_key, id, now)
  local lease = read_holder(holders_key, id)
  if not lease or lease.kind ~= 'lease' then return nil, redis.error_reply('LEASE_LOST The lease has ended') end
  if lease.due <= now then return nil, redis.error_reply('LEASE_LOST The lease has expired') end
  return lease, nil
end

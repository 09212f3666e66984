-- @include settled_leases
--- What a lease was settled to before, as {acked, retried, released, dead-lettered, nothing more to do}, or the error for
--- who settles it otherwise; nil for the first time.
local function settled_before(settled, older_settled, lease_id, fingerprint)
  local earlier = redis.call('HGET', settled, lease_id) or redis.call('HGET', older_settled, lease_id)
  if not earlier then return nil end
  local known, acked, retried, released, dead = string.match(earlier, '^(%S+) (%d+) (%d+) (%d+) (%d+)$')
  if known ~= fingerprint then return redis.error_reply('LEASE_LOST The lease was settled otherwise') end
  return { tonumber(acked), tonumber(retried), tonumber(released), tonumber(dead), {} }
end

local function remember_settled(settled, lease_id, fingerprint, counts)
  redis.call(
    'HSET', settled, lease_id,
    string.format('%s %.0f %.0f %.0f %.0f', fingerprint, counts.ack, counts.retry, counts.release, counts.dead)
  )
end

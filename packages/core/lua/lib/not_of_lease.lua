-- @include text
--- The error for an offset that a settle or an extend names and that the lease never had.
local function not_of_lease(lease, offset)
  return redis.error_reply(
    'INVALID offset ' .. text(offset) .. ' is not among ' .. text(lease.from) .. ' to ' .. text(lease.to)
  )
end

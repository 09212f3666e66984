-- @include lane_leases
-- @include lane_partitions
-- @include lane_member
--- The lease of an id and its partition; or nothing and the error to answer with, when it has ended, has expired, or was
--- lost to a seek.
local function find_lane_lease(keys, id, now)
  local lease = read_lane_lease(keys, id)
  if not lease then return nil, nil, redis.error_reply('LEASE_LOST The lease has ended') end
  if lease.due <= now then return nil, nil, redis.error_reply('LEASE_LOST The lease has expired') end
  local partition = lane_partition(keys, lease.partition)
  if not partition or generation_of(lease.items) ~= partition.generation then
    return nil, nil, redis.error_reply('LEASE_LOST The group has moved on')
  end
  return lease, partition, nil
end

-- @include text
--- A lease of a group on lanes: messages of one partition, each an item of 26 bytes: its member and the number of this
--- attempt (2). `from` and `to` are the bounds that it was given.
local item_bytes = 26

local function read_lane_lease(keys, id)
  local packed = redis.call('HGET', keys.leases, id)
  if not packed then return nil end
  local fields = cmsgpack.unpack(packed)
  return {
    id = id, due = fields[1], consumer = fields[2], partition = fields[3], from = fields[4], to = fields[5],
    items = fields[6],
  }
end

local function write_lane_lease(keys, lease)
  local fields = { lease.due, lease.consumer, lease.partition, lease.from, lease.to, lease.items }
  redis.call('HSET', keys.leases, lease.id, cmsgpack.pack(fields))
  redis.call('ZADD', keys.due, text(lease.due), 'l' .. lease.id)
end

local function remove_lane_lease(keys, id)
  redis.call('HDEL', keys.leases, id)
  redis.call('ZREM', keys.due, 'l' .. id)
end

--- Member and attempt of each item of a lease.
local function items_of(items)
  local at = 1 - item_bytes
  return function()
    at = at + item_bytes
    if at > #items then return nil end
    local high, low = string.byte(items, at + 24, at + 25)
    return string.sub(items, at, at + 23), high * 256 + low
  end
end

local function pack_item(member, attempt)
  if attempt == 1 then return member .. '\0\1' end
  return member .. string.char(math.floor(attempt / 256), attempt % 256)
end

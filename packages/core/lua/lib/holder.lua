-- @include text
--- A holder has messages of a group that are neither waiting behind the cursor nor ended: a lease, a retry, or what is
--- exhausted and awaits its burial in the dead-letter log. Its segments are first, last, attempt (deliveries so far),
--- flat and in order of offsets. `due` is a lease's deadline or the time from which the others may go on. A lease also
--- knows the bounds it was given (`from`, `to`), since what it acknowledges early leaves its segments.
local function read_holder(holders_key, id)
  local packed = redis.call('HGET', holders_key, id)
  if not packed then return nil end
  local fields = cmsgpack.unpack(packed)
  return {
    id = id, kind = fields[1], due = fields[2], consumer = fields[3], piece = fields[4], segments = fields[5],
    reason = fields[6], from = fields[7], to = fields[8],
  }
end

local function write_holder(keys, holder)
  local fields = {
    holder.kind, holder.due, holder.consumer or '', holder.piece or 0, holder.segments, holder.reason or '',
  }
  if holder.kind == 'lease' then
    fields[7] = holder.from or holder.segments[1]
    fields[8] = math.max(holder.to or 0, holder.segments[#holder.segments - 1])
  end
  redis.call('HSET', keys.holders, holder.id, cmsgpack.pack(fields))
  redis.call('ZADD', keys.outstanding, text(holder.segments[1]), holder.id)
  redis.call('ZADD', keys.due, text(holder.due), holder.id)
end

local function remove_holder(keys, id)
  redis.call('HDEL', keys.holders, id)
  redis.call('ZREM', keys.outstanding, id)
  redis.call('ZREM', keys.due, id)
end

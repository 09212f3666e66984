-- @include text
--- The gate: whether a unit may enter, as nil, or the code that refuses it. Changes nothing when it refuses.
--- Capacity counts what waits in all partitions; `backlog` is their sum so far.
local function open_gate(meta_key, gate_key)
  local fields = redis.call('HMGET', meta_key, 'gateStock', 'gateKeyLimit', 'gateKeyWindowMs', 'gateCapacity')
  return {
    stock = tonumber(fields[1]),
    key_limit = tonumber(fields[2]),
    key_window = tonumber(fields[3]),
    capacity = tonumber(fields[4]),
    admitted = tonumber(redis.call('HGET', gate_key, 'admitted') or '0'),
    refused = 0,
  }
end

--- The times (or with no window the number) of a key's admissions that still count.
local function key_admissions(gate, gate_keys_key, key, now)
  local value = redis.call('HGET', gate_keys_key, key)
  if not value then return {} end
  local times = {}
  for time in string.gmatch(value, '%d+') do
    if not gate.key_window or tonumber(time) > now - gate.key_window then times[#times + 1] = time end
  end
  return times
end

local function admit_unit(gate, gate_keys_key, gate_expiry_key, key, stock_units, backlog, now)
  if gate.stock and gate.admitted + stock_units > gate.stock then return 'SOLD_OUT' end
  if gate.capacity and backlog >= gate.capacity then return 'BACKLOG_FULL' end
  if gate.key_limit and key ~= '' then
    local times = key_admissions(gate, gate_keys_key, key, now)
    if #times >= gate.key_limit then return 'KEY_LIMIT' end
    times[#times + 1] = text(now)
    redis.call('HSET', gate_keys_key, key, table.concat(times, ','))
    if gate.key_window then redis.call('ZADD', gate_expiry_key, text(now + gate.key_window), key) end
  end
  gate.admitted = gate.admitted + stock_units
  return nil
end

local function close_gate(gate, gate_key, gate_keys_key, gate_expiry_key, now)
  redis.call('HSET', gate_key, 'admitted', text(gate.admitted))
  if gate.refused > 0 then redis.call('HINCRBY', gate_key, 'refused', gate.refused) end
  if gate.key_window then
    local gone = redis.call('ZRANGE', gate_expiry_key, '-inf', text(now), 'BYSCORE', 'LIMIT', 0, 10)
    if #gone > 0 then
      redis.call('HDEL', gate_keys_key, unpack(gone))
      redis.call('ZREM', gate_expiry_key, unpack(gone))
    end
  end
end

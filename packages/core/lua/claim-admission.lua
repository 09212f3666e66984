#!lua flags=allow-oom
-- @does Admits a visitor whose place was called, once; a repeat is told the same.
-- @keys line meta gate called admitted seen returned claimed used ...partitions
-- @args now topic_id version orders_group partitions nonce place steps
-- The rest of the keys are as those of `view-line`.
-- @returns {'', expires at, now}, {code, retry after ms}, or {orders group} when the line has another one
-- @errors TOPIC_NOT_FOUND, STALE_TOPIC, LINE_NOT_FOUND
-- @include clock
-- @include open_line
-- @include orders_lag
-- @include advance_line
-- O(partitions + steps). Who was passed over waits among those who came back, and is called before the others.
local line, unknown = open_line(line_key, meta_key, gate_key, topic_id, version, clock(now))
if not line then return unknown end
if line.ordersGroup ~= orders_group then return { line.ordersGroup } end
if line.nonce ~= nonce then return { 'INVALID', 0 } end
if not line.shuffled then return { 'LINE_NOT_OPEN', line.startsAt - line.now } end
local member = place
place = tonumber(place)

local admitted_until = tonumber(redis.call('ZSCORE', admitted_key, member) or '0')
if redis.call('GETBIT', used_key, place) == 1 then return { 'ADMISSION_USED', 0 } end
if admitted_until > line.now then return { '', admitted_until, line.now } end
if redis.call('GETBIT', claimed_key, place) == 1 then return { 'ADMISSION_EXPIRED', 0 } end

local function is_called()
  return tonumber(redis.call('ZSCORE', called_key, member) or '0') > line.now
end
if not is_called() then
  if place < line.serving then redis.call('ZADD', returned_key, place, member) end
  local keys = { called = called_key, admitted = admitted_key, seen = seen_key, returned = returned_key }
  advance_line(keys, line, orders_lag(tonumber(partitions), orders_group), tonumber(steps))
  save_record(line_key, line)
  if line_state(line) == 'ended' then return { 'SOLD_OUT', 0 } end
  if not is_called() then
    local before = math.max(0, place - line.serving)
    local wait_ms = line.rate and line.rate > 0 and before * 1000 / line.rate or 1000
    return { 'NOT_YOUR_TURN', math.floor(math.min(30000, math.max(1000, wait_ms))) }
  end
end
local expires_at = line.now + line.admissionMs
redis.call('ZREM', called_key, member)
redis.call('ZADD', admitted_key, text(expires_at), member)
redis.call('SETBIT', claimed_key, place, 1)
change(line, 'clockAt', line.now)
save_record(line_key, line)
return { '', expires_at, line.now }

-- @include text
-- @include open_line
--- Calls as many places as the orders group has room for: its lag and the places that were called and have not ordered yet
--- stay within `maxLag`, and no more are called than there are units left. Who comes back after he was passed over goes
--- first. At most `steps` places a call; `serving` never goes back.
---
--- A place that was called has two heartbeats' time to claim its admission. One that had as long to send a heartbeat and
--- did not is passed over without being waited for: `ripe` is a bound below which every place has had that time, from a
--- sample of how far the head reached (and how many had joined) at least so long ago.
local function measure_line_rate(line)
  if not line.rateAt then
    change(line, 'rateAt', line.now)
    change(line, 'rateServing', line.serving)
  elseif line.now - line.rateAt >= 1000 then
    local rate = (line.serving - line.rateServing) * 1000 / (line.now - line.rateAt)
    change(line, 'rate', line.rate and line.rate * 0.7 + rate * 0.3 or rate)
    change(line, 'rateAt', line.now)
    change(line, 'rateServing', line.serving)
  end
end

--- At most four heartbeats are asked of a visitor before he is called, and at least the window's places send some.
local function move_head(line)
  local window = math.max(line.headWindow, math.ceil((line.rate or 0) * 4 * line.heartbeatMs / 1000))
  local frontier = math.max(line.frontier, line.serving + window)
  if frontier ~= line.frontier then change(line, 'frontier', frontier) end
  if not line.sampleAt or line.now - line.sampleAt >= 2 * line.heartbeatMs then
    if line.sampleAt then change(line, 'ripe', line.sample) end
    change(line, 'sample', math.min(frontier, line.joined))
    change(line, 'sampleAt', line.now)
  end
end

local function free_late_places(key, now, steps)
  local late = redis.call('ZRANGE', key, '-inf', text(now), 'BYSCORE', 'LIMIT', 0, steps)
  if #late > 0 then redis.call('ZREM', key, unpack(late)) end
end

local function call_returned(keys, room, deadline)
  local back = redis.call('ZPOPMIN', keys.returned, room)
  for index = 1, #back, 2 do redis.call('ZADD', keys.called, deadline, back[index]) end
  return #back / 2
end

--- Moves over up to `count` places; returns how many of them were called.
local function call_next(keys, line, count, room, deadline)
  local first, heard_since = line.serving, line.now - 2 * line.heartbeatMs
  local places = {}
  for index = 1, count do places[index] = text(first + index - 1) end
  local heard = redis.call('HMGET', keys.seen, unpack(places))
  local called, gone, passed = {}, {}, 0
  for index = 1, count do
    if #called / 2 == room then break end
    passed = index
    if heard[index] then gone[#gone + 1] = places[index] end
    if first + index - 1 >= (line.ripe or 0) or tonumber(heard[index] or '0') >= heard_since then
      called[#called + 1] = deadline
      called[#called + 1] = places[index]
    end
  end
  if #called > 0 then redis.call('ZADD', keys.called, unpack(called)) end
  if #gone > 0 then redis.call('HDEL', keys.seen, unpack(gone)) end
  change(line, 'serving', first + passed)
  return #called / 2
end

local function advance_line(keys, line, lag, steps)
  change(line, 'clockAt', line.now)
  change(line, 'advancedAt', line.now)
  free_late_places(keys.called, line.now, steps)
  free_late_places(keys.admitted, line.now, steps)
  local waited_for = redis.call('ZCARD', keys.called) + redis.call('ZCARD', keys.admitted)
  local room = math.min(line.maxLag - lag - waited_for, (line.remaining or math.huge) - waited_for, steps)
  local deadline = text(line.now + 2 * line.heartbeatMs)
  if room > 0 then room = room - call_returned(keys, room, deadline) end
  local left = steps
  while room > 0 and left > 0 and line.serving < line.joined do
    local before = line.serving
    room = room - call_next(keys, line, math.min(left, line.joined - before, 500), room, deadline)
    left = left - (line.serving - before)
  end
  measure_line_rate(line)
  move_head(line)
end

--- Milliseconds since the epoch with their fraction: the argument when a test gives one, else Redis's own clock.
local function fine_clock(now)
  if now ~= '' then return tonumber(now) end
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
end

--- The generic cell rate algorithm (ITU-T I.371) on a virtual time: `at` is when the limit would be all unused again but
--- for its burst. After a change of the limit, no more counts as used than the whole burst of the new one.
local function virtual_time(limit, interval, burst, at, now)
  return math.max(now, math.min(at or 0, now + burst * interval / limit))
end

--- How many permits may be given now, and when the next one may be.
local function permits(limit, interval, burst, at, now)
  local spare = (burst - 1) * interval / limit - (virtual_time(limit, interval, burst, at, now) - now)
  if spare < -1e-9 then return 0, now - spare end
  return math.floor(spare * limit / interval + 1e-6) + 1, now
end

--- The virtual time after so many permits.
local function after_permits(limit, interval, burst, at, now, count)
  return virtual_time(limit, interval, burst, at, now) + count * interval / limit
end

--- The virtual time after so many permits were given back.
local function after_return(limit, interval, at, count)
  return (at or 0) - count * interval / limit
end

--- How many orders the group has not ended, over partitions whose metas, states of the group and floors are the
--- last of KEYS. Where the group is on lanes, the partition was told how many messages they hold, a moment ago. Both that and what
--- is not committed are never too few, so the smaller of the two counts. O(partitions).
local function orders_lag(partitions, group)
  local lag = 0
  for index = #KEYS - 3 * partitions + 1, #KEYS, 3 do
    local log = redis.call('HMGET', KEYS[index], 'startOffset', 'endOffset')
    local state = redis.call('HMGET', KEYS[index + 1], 'next', 'inFlight', 'retrying', 'lanesHeld', 'lanes')
    local floor = redis.call('HGET', KEYS[index + 2], group)
    local start, last = tonumber(log[1] or '0'), tonumber(log[2] or '0')
    local committed = floor and tonumber(string.match(floor, '^(%d+),')) or 0
    local behind = last - math.max(committed, start)
    if state[1] then
      local held = (tonumber(state[2] or '') or 0) + (tonumber(state[3] or '') or 0)
      if state[5] and state[5] ~= '' then held = held + (tonumber(state[4] or '') or 0) end
      behind = math.min(behind, last - math.max(tonumber(state[1]), start) + held)
    end
    lag = lag + behind
  end
  return lag
end

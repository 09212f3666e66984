-- @include lane_records
--- How many messages may be parked, and how many lanes may go now: a single lane that nothing blocks is read ahead less
--- far, since there is nobody to look for behind its messages.
local function lane_window(keys, state, now)
  local eligible = redis.call('ZCOUNT', keys.turns, '-inf', text(turn_now(state, now)))
  local single = eligible == 1 and redis.call('ZCARD', keys.turns) == 1 and redis.call('HLEN', keys.lanes) <= 1
  return single and 10000 or 100000, eligible
end

-- @include lane_limits
--- After a change of limits: lanes that were blocked or had to wait under the former ones get a turn; the take that comes
--- upon them finds out what holds now.
local function fresh_turns(keys, state, now)
  local ids = redis.call('HKEYS', keys.lanes)
  load_lanes(keys, ids)
  for _, id in ipairs(ids) do unblock_lane(keys, state, lane_record(keys, id), now) end
  local horizon = text(turn_now(state, now))
  for _, id in ipairs(redis.call('ZRANGE', keys.turns, '(' .. horizon, '+inf', 'BYSCORE', 'LIMIT', 0, 20000)) do
    give_turn(state, id, now)
  end
  save_lanes(keys)
end

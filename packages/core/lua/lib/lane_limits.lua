-- @include lane_member
-- @include lane_partitions
-- @include lane_records
--- What a lane is held to. Messages without a key are neither ordered nor limited by key, so nothing is known of their
--- lanes, but in a group that is ordered by partition: in the lanes as they are, whatever they are to become.
local function is_tracked(state, id)
  return (state.scheme or state.ordering) == 'partition' or not is_keyless(id)
end

local function is_ordered(state, id)
  if state.scheme == 'partition' or state.ordering == 'partition' then return true end
  return state.ordering == 'key' and not is_keyless(id)
end

local function read_pin(keys, lane)
  if not lane.pin then
    local packed = redis.call('HGET', keys.pins, lane.id)
    lane.pin = packed and cmsgpack.unpack(packed) or {}
  end
  return lane.pin
end

--- Limit, interval and burst of a lane's rate, or nothing. A pin of false takes the limit away.
local function lane_rate(keys, state, lane)
  if lane.pinned then
    local rate = read_pin(keys, lane).rate
    if rate == false then return nil end
    if rate then return rate[1], rate[2], rate[3] end
  end
  return state.keyRateLimit, state.keyRateIntervalMs, state.keyRateBurst
end

local function lane_concurrency(keys, state, lane)
  if lane.pinned then
    local concurrency = read_pin(keys, lane).concurrency
    if concurrency == false then return nil end
    if concurrency then return concurrency end
  end
  return state.keyConcurrency
end

--- How many messages the lane may have taken from it, its rate and the time until which it is held aside.
local function lane_room(keys, state, lane)
  if lane.paused or (lane.heldUntil and lane.inFlight > 0) then return 0 end
  if is_ordered(state, lane.id) then
    if lane.inFlight > 0 then return 0 end
    if lane.hold ~= '' then
      if is_current(keys, string.rep('\0', 14) .. lane.hold) then return 0 end
      lane.hold = ''
      touch_lane(lane)
    end
  end
  if lane.heldUntil then return 1 end
  if not lane.pinned and not state.keyConcurrency then return math.huge end
  local concurrency = lane_concurrency(keys, state, lane)
  return concurrency and math.max(0, concurrency - lane.inFlight) or math.huge
end

--- To be called when what blocked a lane may be gone: what waited behind it gets a turn.
local function unblock_lane(keys, state, lane, now)
  if not lane.waiting or lane_room(keys, state, lane) == 0 then return end
  lane.waiting = nil
  touch_lane(lane)
  give_turn(state, lane.id, now)
end

--- Hands nothing of the lane out until a time, and then one message at a time. What nobody has asked for again long after
--- that time is forgotten by `carry_out_due`, so that lanes of which nothing is left leave nothing behind.
local function hold_lane(keys, lane, until_at, length)
  lane.heldUntil, lane.holdMs = until_at, length
  touch_lane(lane)
  redis.call('ZADD', keys.due, text(until_at + 2 * length + 600000), 'h' .. lane.id)
end

--- The lane is held no longer: what waits there gets a turn.
local function end_hold_of_lane(keys, state, lane, now)
  redis.call('ZREM', keys.due, 'h' .. lane.id)
  if not lane.heldUntil then return end
  lane.heldUntil, lane.holdMs = nil, nil
  touch_lane(lane)
  local waits = redis.call('ZRANGE', keys.queue, '[' .. lane.id, '(' .. lane.id .. '\255', 'BYLEX', 'LIMIT', 0, 1)
  if #waits == 0 then
    lane.waiting = nil
    -- A turn at the end of the hold would be that of what comes next.
    turns_of[lane.id] = false
  elseif lane_room(keys, state, lane) > 0 then
    lane.waiting = nil
    give_turn(state, lane.id, now)
  else
    lane.waiting = true
  end
end

-- @include in_chunks
-- @include fine_text
--- What is known of single lanes, packed; a lane of which nothing needs to be known has no entry. `inFlight` counts its
--- messages in leases, `hold` is the place of a retry that holds it (or ''), `waiting` says that something is parked
--- behind what blocks it, `paused` and `pinned` are for the operator. Until `heldUntil` nothing of it is handed out, and then
--- one message at a time; `holdMs` is what was asked for.
--- `turns` has every lane that may go, by the time of its turn. Lanes and turns are gathered and written back at once.
local known_lanes, touched_lanes, turns_of = {}, {}, {}

local function load_lanes(keys, ids)
  local fresh = {}
  for _, id in ipairs(ids) do
    if not known_lanes[id] then
      fresh[#fresh + 1] = id
      known_lanes[id] = { id = id, inFlight = 0, hold = '' }
    end
  end
  for start = 1, #fresh, 2000 do
    local last = math.min(#fresh, start + 1999)
    local packed = redis.call('HMGET', keys.lanes, unpack(fresh, start, last))
    for index = start, last do
      local text_of_lane = packed[index - start + 1]
      if text_of_lane then
        local lane = known_lanes[fresh[index]]
        local flags, in_flight = struct.unpack('>BI4', text_of_lane)
        lane.inFlight = in_flight
        local behind = 6
        if flags % 16 >= 8 then lane.heldUntil, lane.holdMs, behind = struct.unpack('>dI4', text_of_lane, behind) end
        lane.hold = string.sub(text_of_lane, behind)
        lane.stored = true
        if flags % 2 >= 1 then lane.paused = true end
        if flags % 4 >= 2 then lane.waiting = true end
        if flags % 8 >= 4 then lane.pinned = true end
      end
    end
  end
end

local function lane_record(keys, id)
  if not known_lanes[id] then load_lanes(keys, { id }) end
  return known_lanes[id]
end

local function touch_lane(lane)
  touched_lanes[lane.id] = lane
end

--- The time of the turns that are due: in whole µs, and as far on as turns were given.
local function turn_now(state, now)
  return math.max(math.floor(now * 1000), state.turn or 0)
end

--- Gives the lane a turn behind all that were given so far.
local function give_turn(state, id, now)
  local turn = math.max(math.floor(now * 1000), (state.turn or 0) + 1)
  change(state, 'turn', turn)
  turns_of[id] = turn
end

--- Gives a turn to a lane that has none.
local function give_first_turn(keys, state, id, now)
  if turns_of[id] or (turns_of[id] == nil and redis.call('ZSCORE', keys.turns, id)) then return end
  give_turn(state, id, now)
end

local function save_lanes(keys)
  local set, gone = {}, {}
  for id, lane in pairs(touched_lanes) do
    local flags = (lane.paused and 1 or 0) + (lane.waiting and 2 or 0) + (lane.pinned and 4 or 0)
    local held = ''
    if lane.heldUntil then
      flags = flags + 8
      held = struct.pack('>dI4', lane.heldUntil, lane.holdMs)
    end
    if flags > 0 or lane.inFlight > 0 or lane.hold ~= '' then
      set[#set + 1] = id
      set[#set + 1] = struct.pack('>BI4', flags, lane.inFlight) .. held .. lane.hold
      lane.stored = true
    elseif lane.stored then
      gone[#gone + 1] = id
      lane.stored = nil
    end
  end
  touched_lanes = {}
  in_chunks(set, 'HSET', keys.lanes)
  in_chunks(gone, 'HDEL', keys.lanes)
  local turns, ended = {}, {}
  for id, turn in pairs(turns_of) do
    if turn then
      turns[#turns + 1] = turn
      turns[#turns + 1] = id
    else
      ended[#ended + 1] = id
    end
  end
  turns_of = {}
  in_chunks(turns, 'ZADD', keys.turns)
  in_chunks(ended, 'ZREM', keys.turns)
end

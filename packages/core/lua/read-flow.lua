#!lua flags=no-writes
-- @does Reads what a group on lanes is held to, what waits and what is in flight, and how its busiest keys flow.
-- @keys state partitions queue turns lanes pins leases due
-- @args now topic_id group_id limit sample
-- @returns {in flight, held until ('' when it is not), parked, window, {lane, waiting, in flight, paused 0|1, key that was
-- pinned or paused, limit, interval and burst of its pin ('' to follow, `off`), concurrency of it, 1 when pinned, turn
-- ('' for none), member of a message of it ('' for none), …}}: lanes that are paused or pinned, then the busiest
-- @errors GROUP_NOT_FOUND
-- @include fine_clock
-- @include open_lanes
-- @include lane_limits
-- @include lane_leases
-- @include lane_window
-- O((limit + sample) x log parked): the busiest are those of which a sample of the messages that wait has most.
now = fine_clock(now)
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local keys = {
  partitions = partitions_key, queue = queue_key, turns = turns_key, lanes = lanes_key, pins = pins_key,
  leases = leases_key,
}
local most = tonumber(limit)
local ids, seen, sampled, member_of = {}, {}, {}, {}
local function add(id)
  if seen[id] or #ids >= most then return end
  seen[id] = true
  ids[#ids + 1] = id
end
for _, id in ipairs(redis.call('HKEYS', pins_key)) do add(id) end

local weights = {}
local function weigh(member)
  local id = lane_of(member)
  if is_keyless(id) then return end
  if not weights[id] then sampled[#sampled + 1] = id end
  weights[id] = (weights[id] or 0) + 1
  member_of[id] = member
end
for _, member in ipairs(redis.call('ZRANDMEMBER', queue_key, tonumber(sample))) do weigh(member) end
for _, name in ipairs(redis.call('ZRANGE', due_key, 0, most)) do
  local lease = string.sub(name, 1, 1) == 'l' and read_lane_lease(keys, string.sub(name, 2))
  if lease then
    for member in items_of(lease.items) do weigh(member) end
  end
end
table.sort(sampled, function(one, other) return weights[one] > weights[other] end)
for _, id in ipairs(sampled) do add(id) end

local rows = {}
load_lanes(keys, ids)
for _, id in ipairs(ids) do
  local lane = lane_record(keys, id)
  local packed = redis.call('HGET', pins_key, id)
  local pin = packed and cmsgpack.unpack(packed) or {}
  local rate = pin.rate or {}
  local function told(value)
    if value == false then return 'off' end
    return value and text(value) or ''
  end
  local turn = redis.call('ZSCORE', turns_key, id)
  local first = redis.call('ZRANGE', queue_key, '[' .. id, '(' .. id .. '\255', 'BYLEX', 'LIMIT', 0, 1)
  for _, value in ipairs({
    id, redis.call('ZLEXCOUNT', queue_key, '[' .. id, '(' .. id .. '\255'), lane.inFlight, lane.paused and 1 or 0,
    pin.key or '', pin.rate == false and 'off' or told(rate[1]), told(rate[2]), told(rate[3]), told(pin.concurrency),
    lane.pinned and 1 or 0, turn and text(math.ceil(tonumber(turn) / 1000)) or '', first[1] or member_of[id] or '',
  }) do rows[#rows + 1] = value end
end
local held = state.heldUntil and (state.probe or state.heldUntil > now)
return { state.inFlight, held and text(state.heldUntil) or '', state.parked, (lane_window(keys, state, now)), rows }

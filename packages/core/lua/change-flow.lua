#!lua flags=allow-oom
-- @does Pauses, pins and resets keys of a group on lanes.
-- @keys state partitions queue turns lanes times pins due
-- @args now topic_id channel group_id most_keys reset ...changes
-- `reset` is 1 to forget what of all rates was used. Each change is nine arguments: lane, key, paused (1, 0, '' as it is),
-- pin (set, none, '' as it is), limit, interval and burst of its rate (limit `off` takes it away, '' follows the
-- group's), concurrency (the same), reset (1 or ''), which also ends a hold of the lane.
-- @returns 1
-- @errors GROUP_NOT_FOUND, INVALID when more keys would be paused or pinned than may be
-- @include fine_clock
-- @include open_lanes
-- @include fresh_turns
-- @include wake_lanes
-- O(changes x log parked), and O(lanes) to reset all. Repeating it changes nothing.
now = fine_clock(now)
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local keys = {
  partitions = partitions_key, queue = queue_key, turns = turns_key, lanes = lanes_key, times = times_key, pins = pins_key,
  due = due_key,
}
local function value_or(text_of_value)
  if text_of_value == 'off' then return false end
  return tonumber(text_of_value)
end

local changed, added = {}, 0
for index = 7, #ARGV, 9 do
  local id = ARGV[index]
  local packed = redis.call('HGET', pins_key, id)
  local pin = changed[id] or (packed and cmsgpack.unpack(packed)) or { key = ARGV[index + 1] }
  if ARGV[index + 2] ~= '' then pin.paused = ARGV[index + 2] == '1' end
  if ARGV[index + 3] ~= '' then
    pin.rate, pin.concurrency = nil, nil
    if ARGV[index + 3] == 'set' then
      local limit = value_or(ARGV[index + 4])
      if limit then limit = { limit, tonumber(ARGV[index + 5]), tonumber(ARGV[index + 6]) } end
      pin.rate, pin.concurrency = limit, value_or(ARGV[index + 7])
    end
  end
  local stays = pin.paused or pin.rate ~= nil or pin.concurrency ~= nil
  if stays and not packed and not changed[id] then added = added + 1 end
  pin.stays = stays
  changed[id] = pin
end
if added > 0 and redis.call('HLEN', pins_key) + added > tonumber(most_keys) then
  return redis.error_reply('INVALID keys would be more than ' .. most_keys .. ' that are paused or pinned')
end
for id, pin in pairs(changed) do
  local lane = lane_record(keys, id)
  lane.paused = pin.paused or nil
  lane.pinned = (pin.rate ~= nil or pin.concurrency ~= nil) or nil
  lane.pin = pin
  touch_lane(lane)
  if pin.stays then
    pin.stays = nil
    redis.call('HSET', pins_key, id, cmsgpack.pack(pin))
  else
    redis.call('HDEL', pins_key, id)
  end
end
for index = 7, #ARGV, 9 do
  if ARGV[index + 8] == '1' then
    redis.call('ZREM', times_key, ARGV[index])
    end_hold_of_lane(keys, state, lane_record(keys, ARGV[index]), now)
  end
end
if reset == '1' then
  redis.call('UNLINK', times_key)
  change(state, 'rateTime', nil)
  fresh_turns(keys, state, now)
end
for id in pairs(changed) do
  lane_record(keys, id).waiting = nil
  local waits = redis.call('ZRANGE', queue_key, '[' .. id, '(' .. id .. '\255', 'BYLEX', 'LIMIT', 0, 1)
  if #waits > 0 then give_turn(state, id, now) end
end
save_lanes(keys)
wake_lanes(channel, state, 0)
save_record(state_key, state)
return 1

#!lua flags=allow-oom
-- @does One bounded step of removing from the lanes of a group what a seek went past.
-- @keys state partitions queue turns lanes pins due exhausted reasons attempts
-- @args now topic_id group_id what from_rank limit
-- `what` is queue, due or exhausted.
-- @returns the rank to go on from; -1 when there is nothing left
-- @errors GROUP_NOT_FOUND
-- @include open_lanes
-- @include lane_member
-- @include lane_partitions
-- @include in_chunks
-- @include fine_clock
-- @include lane_limits
-- O(limit x log parked). What stays is dropped when it is met, so nobody need come to the end of it.
now = fine_clock(now)
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local keys = { partitions = partitions_key, turns = turns_key, lanes = lanes_key, pins = pins_key }
local from, most = tonumber(from_rank), tonumber(limit)
--- Where the names are, and where the member lies in a name.
local sets = { queue = { queue_key, 1 }, due = { due_key, 2 }, exhausted = { exhausted_key, 1 } }
local key, at = unpack(sets[what])
local names = redis.call('ZRANGE', key, from, from + most - 1)
local gone, places = {}, {}
for _, name in ipairs(names) do
  local member = string.sub(name, at, at + 23)
  local is_message = what ~= 'due' or string.sub(name, 1, 1) == 'r'
  if is_message and not is_current(keys, member) then
    gone[#gone + 1] = name
    places[#places + 1] = place_of(member)
    local lane = what == 'due' and lane_record(keys, lane_of(member))
    if lane and lane.hold == place_of(member) then
      lane.hold = ''
      touch_lane(lane)
      unblock_lane(keys, state, lane, now)
    end
  end
end
save_lanes(keys)
save_record(state_key, state)
in_chunks(gone, 'ZREM', key)
in_chunks(places, 'HDEL', attempts_key)
in_chunks(places, 'HDEL', reasons_key)
return #names < most and -1 or from + most - #gone

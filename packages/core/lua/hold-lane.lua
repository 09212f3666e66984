#!lua flags=allow-oom
-- @does Holds one lane of a group: nothing of it is handed out for a while, and then one message at a time; or ends that.
-- @keys state partitions queue turns lanes pins due
-- @args now topic_id channel group_id lane for_ms
-- `for_ms` is from now and never shortens a hold; '' ends it.
-- @returns 1
-- @errors GROUP_NOT_FOUND
-- @include fine_clock
-- @include open_lanes
-- @include lane_limits
-- @include wake_lanes
-- O(log parked). Repeating it is harmless.
now = fine_clock(now)
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local keys = {
  partitions = partitions_key, queue = queue_key, turns = turns_key, lanes = lanes_key, pins = pins_key, due = due_key,
}
local record = lane_record(keys, lane)
local length = tonumber(for_ms)
if length then
  hold_lane(keys, record, math.max(math.ceil(now + length), record.heldUntil or 0), length)
else
  end_hold_of_lane(keys, state, record, now)
  wake_lanes(channel, state, 0)
end
save_lanes(keys)
save_record(state_key, state)
return 1

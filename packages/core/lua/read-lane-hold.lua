#!lua flags=no-writes
-- @does Reads how one lane of a group is held.
-- @keys state lanes
-- @args now topic_id group_id lane
-- @returns {held until, for how many ms it was to be when that was said}; nothing when it is not held
-- @errors GROUP_NOT_FOUND
-- @include open_lanes
-- @include lane_records
-- O(1).
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local record = lane_record({ lanes = lanes_key }, lane)
if not record.heldUntil then return {} end
return { text(record.heldUntil), text(record.holdMs) }

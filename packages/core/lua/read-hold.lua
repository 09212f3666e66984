#!lua flags=no-writes
-- @does Reads how a group on lanes is held.
-- @keys state
-- @args now topic_id group_id
-- @returns {held until, for how many ms it was to be when that was said, 1 when it is probed then}; nothing when it is not held
-- @errors GROUP_NOT_FOUND
-- @include fine_clock
-- @include open_lanes
-- O(1).
now = fine_clock(now)
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
if not state.heldUntil or (not state.probe and state.heldUntil <= now) then return {} end
return { text(state.heldUntil), text(state.holdMs or 0), state.probe or 0 }

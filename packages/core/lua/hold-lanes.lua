#!lua flags=allow-oom
-- @does Holds a group on lanes: nothing is handed out for a while, and then one message at a time if it is probed.
-- @keys state
-- @args now topic_id channel group_id until_at for_ms probe
-- `until_at` is a time in ms, or '' for `for_ms` from now, which never shortens a hold; both '' hold no longer. `probe` is 1 or ''.
-- @returns 1
-- @errors GROUP_NOT_FOUND
-- @include fine_clock
-- @include open_lanes
-- @include wake_lanes
-- O(1). Repeating it is harmless.
now = fine_clock(now)
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local length = tonumber(for_ms)
local at = tonumber(until_at)
if length then at = math.max(math.ceil(now + length), state.heldUntil or 0) end
change(state, 'heldUntil', at)
change(state, 'holdMs', at and (length or math.max(0, math.ceil(at - now))) or nil)
change(state, 'probe', at and tonumber(probe) or nil)
wake_lanes(channel, state, at or 0)
save_record(state_key, state)
return 1

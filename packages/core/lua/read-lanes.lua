#!lua flags=no-writes
-- @does Reads where the lanes of a group stand in each partition.
-- @keys state partitions
-- @args topic_id group_id
-- @returns {the partition as `tell_lane_partition` tells it, …}
-- @errors GROUP_NOT_FOUND
-- @include open_lanes
-- @include lane_partitions
-- O(partitions).
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local keys = { partitions = partitions_key }
local standing = {}
for _, number in ipairs(redis.call('HKEYS', partitions_key)) do
  standing[#standing + 1] = tell_lane_partition(lane_partition(keys, tonumber(number)))
end
return standing

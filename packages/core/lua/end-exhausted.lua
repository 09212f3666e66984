#!lua flags=allow-oom
-- @does Ends messages of a partition that were buried.
-- @keys state partitions exhausted reasons attempts done late
-- @args now topic_id group_id partition ...entries
-- The rest are pairs of item and what became of it: buried or expired.
-- @returns the partition as `tell_lane_partition` tells it
-- @errors GROUP_NOT_FOUND
-- @include fine_clock
-- @include open_lanes
-- @include ended_bits
-- @include lane_member
-- O(entries x log exhausted). What does not await its burial is passed over.
now = fine_clock(now)
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local keys = { partitions = partitions_key }
local record = lane_partition(keys, tonumber(partition))
if not record then return {} end
local ended = {}
for index = 5, #ARGV, 2 do
  local item, fate = ARGV[index], ARGV[index + 1]
  local member = string.sub(item, 1, 24)
  if redis.call('ZREM', exhausted_key, item) == 1 then
    redis.call('HDEL', reasons_key, place_of(member))
    if generation_of(member) == record.generation then
      redis.call('HDEL', attempts_key, place_of(member))
      local counter = fate == 'buried' and 'dead' or 'expired'
      record[counter] = record[counter] + 1
      record.retrying = record.retrying - 1
      change(state, 'parked', state.parked - 1)
      ended[#ended + 1] = offset_of(member)
    end
  end
end
end_offsets(done_key, late_key, record, ended)
record.touched = true
save_lane_partitions(keys)
save_record(state_key, state)
return tell_lane_partition(record)

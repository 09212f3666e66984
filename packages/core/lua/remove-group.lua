#!lua flags=allow-oom
-- @does Removes a group and its dead-letter log from a partition.
-- @keys meta floors state outstanding due holders settled0 settled1 results results_end failed0 failed1 dead_meta dead_log dead_marks dead_floors
-- @args topic_id channel group
-- @returns 1
-- @include open_partition
-- @include lowest_floor
-- @include wake_waiting
-- O(groups). Repeating it changes nothing.
redis.call(
  'UNLINK', state_key, outstanding_key, due_key, holders_key, settled0_key, settled1_key, results_key, results_end_key,
  failed0_key, failed1_key, dead_meta_key, dead_log_key, dead_marks_key, dead_floors_key
)
redis.call('HDEL', floors_key, group)
local meta = open_partition(meta_key, topic_id)
if not meta then return 1 end
local floor, floor_group = lowest_floor(floors_key)
change(meta, 'floor', floor)
change(meta, 'floorGroup', floor_group)
wake_waiting(channel, meta, 0)
save_record(meta_key, meta)
return 1

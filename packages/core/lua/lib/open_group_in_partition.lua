-- @include open_partition
-- @include open_group
--- The records of a partition and of a group in it; or nothing and the error to answer with.
local function open_group_in_partition(meta_key, topic_id, state_key, group_id)
  local meta = open_partition(meta_key, topic_id)
  if not meta then return nil, nil, redis.error_reply('TOPIC_NOT_FOUND The topic does not exist') end
  local state = open_group(state_key, group_id)
  if not state then return nil, nil, redis.error_reply('GROUP_NOT_FOUND The group does not exist') end
  return meta, state, nil
end

#!lua flags=allow-oom
-- @does Lists the messages of a group on lanes that await their burial, in the order in which they are to be buried.
-- @keys state partitions attempts exhausted reasons
-- @args topic_id group_id limit
-- @returns {number of the burial, item, reason, …}
-- @errors GROUP_NOT_FOUND
-- @include open_lanes
-- @include lane_member
-- @include lane_partitions
-- O(limit). What a seek went past is dropped.
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local keys = { partitions = partitions_key }
local list = redis.call('ZRANGE', exhausted_key, 0, tonumber(limit) - 1, 'WITHSCORES')
local found = {}
for index = 1, #list, 2 do
  local item = list[index]
  local member = string.sub(item, 1, 24)
  if is_current(keys, member) then
    found[#found + 1] = text(tonumber(list[index + 1]))
    found[#found + 1] = item
    found[#found + 1] = string.match(redis.call('HGET', reasons_key, place_of(member)) or '', '^%d+ (.*)$') or ''
  else
    redis.call('ZREM', exhausted_key, item)
    redis.call('HDEL', reasons_key, place_of(member))
    redis.call('HDEL', attempts_key, place_of(member))
  end
end
return found

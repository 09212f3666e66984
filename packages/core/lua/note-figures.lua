#!lua flags=allow-oom
-- @does Keeps the figures of partitions, and sums up those of their topic.
-- @keys sums partitions
-- @args topic topic_id partition_count group_names ...records
-- `group_names` are parted by spaces. A record is two arguments: number of the partition, and its figures parted by spaces: topic id, end,
-- messages, bytes, delayed, then for each group: name, lag, in flight, retrying, dead-lettered, time of the oldest (-1: none),
-- next, committed, acked, expired.
-- @returns 1
-- O(partitions x groups). Repeating it is harmless.
local records = { unpack(ARGV, 5) }
for index = 1, #records, 2 do
  redis.call('HSET', partitions_key, topic .. '/' .. records[index], records[index + 1])
end
local fields = {}
for partition = 0, tonumber(partition_count) - 1 do fields[#fields + 1] = topic .. '/' .. partition end
local sum = {
  id = topic_id, partitions = tonumber(partition_count), ['end'] = 0, messages = 0, bytes = 0, delayed = 0, groups = {},
}
local by_name = {}
for name in string.gmatch(group_names, '%S+') do
  by_name[name] = { name = name, lag = 0, inFlight = 0, retrying = 0, deadLettered = 0, oldestAt = -1 }
  sum.groups[#sum.groups + 1] = by_name[name]
end
for _, record in ipairs(redis.call('HMGET', partitions_key, unpack(fields))) do
  local words = {}
  for word in string.gmatch(record or '', '%S+') do words[#words + 1] = word end
  -- Another topic of this name may have left some.
  if words[1] == topic_id then
    for index, field in ipairs({ 'end', 'messages', 'bytes', 'delayed' }) do
      sum[field] = sum[field] + tonumber(words[index + 1])
    end
    for at = 6, #words, 10 do
      local group = by_name[words[at]]
      if group then
        for index, field in ipairs({ 'lag', 'inFlight', 'retrying', 'deadLettered' }) do
          group[field] = group[field] + tonumber(words[at + index])
        end
        local oldest = tonumber(words[at + 5])
        if oldest >= 0 and (group.oldestAt < 0 or oldest < group.oldestAt) then group.oldestAt = oldest end
      end
    end
  end
end
redis.call('HSET', sums_key, topic, cjson.encode(sum))
return 1

#!lua flags=no-writes
-- @does Reads the figures of a partition and of its topic's groups there.
-- @keys meta marks ...groups
-- @args topic_id ...groups
-- A group is two keys (state, outstanding) and three arguments: its id, the first offset that is not in its lanes, and the first in
-- them that has not ended ('' where it has none).
-- @returns {end, messages, bytes, delayed, then for each group: next (-1 when it is not here), in flight, retrying, dead-lettered,
-- when its oldest message was appended (-1 when there is none, or its time is not known), committed, acked, expired}
-- @errors TOPIC_NOT_FOUND
-- @include open_partition
-- @include time_at_offset
-- O(groups x log² marks).
local meta = open_partition(meta_key, topic_id)
if not meta then return redis.error_reply('TOPIC_NOT_FOUND The topic does not exist') end
local figures = {
  meta.endOffset, meta.endOffset - meta.startOffset, meta.appendedBytes - meta.trimmedBytes, meta.delayed,
}

local function append_group(state_key, outstanding_key, group_id, lanes_next, lanes_committed)
  local state = redis.call(
    'HMGET', state_key, 'groupId', 'next', 'inFlight', 'retrying', 'deadLettered', 'lanes', 'lanesCommitted', 'acked', 'expired'
  )
  local values = { -1, 0, 0, 0, -1, 0, 0, 0 }
  if state[1] == group_id then
    local next = math.max(tonumber(state[2]), meta.startOffset, lanes_next or 0)
    local committed = next
    if state[6] and state[6] ~= '' then committed = math.min(next, lanes_committed or tonumber(state[7] or '') or next) end
    local first = redis.call('ZRANGE', outstanding_key, 0, 0, 'WITHSCORES')
    if first[2] then committed = math.min(committed, tonumber(first[2])) end
    committed = math.max(committed, meta.startOffset)
    local oldest = committed < meta.endOffset and time_at_offset(marks_key, committed)
    values = {
      next, tonumber(state[3]), tonumber(state[4]), tonumber(state[5]), oldest or -1, committed, tonumber(state[8]),
      tonumber(state[9]),
    }
  end
  for _, value in ipairs(values) do figures[#figures + 1] = value end
end

local group_keys, groups = { unpack(KEYS, 4) }, { unpack(ARGV, 2) }
for index = 1, #groups / 3 do
  append_group(
    group_keys[2 * index - 1], group_keys[2 * index],
    groups[3 * index - 2], tonumber(groups[3 * index - 1]), tonumber(groups[3 * index])
  )
end
return figures

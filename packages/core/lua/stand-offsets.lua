#!lua flags=no-writes
-- @does Reads where a group stands in a partition, and with some of its messages.
-- @keys meta state outstanding holders
-- @args now topic_id group group_id ...offsets
-- @returns {now, first offset that has not ended, first offset that was never handed out, messages that end in a second
-- ('' for unknown), {0 waiting, 1 processing, 2 ended, 3 expired, for each offset}, 1 when what it does not hold itself is
-- in the group's lanes}
-- @errors TOPIC_NOT_FOUND, GROUP_NOT_FOUND
-- @include clock
-- @include open_group_in_partition
-- @include holder
-- @include settle_cursor
-- O(log holders) an offset, with at most 64 holders read: with more of them before a message that has ended, it may be
-- told as processing until they are fewer.
now = clock(now)
local meta, state, unknown = open_group_in_partition(meta_key, topic_id, state_key, group_id)
if unknown then return unknown end
local next_offset = math.max(state.next, meta.startOffset)
local committed = math.max(group_committed({ outstanding = outstanding_key }, state), meta.startOffset)

local function holds(holder, offset)
  for index = 1, #holder.segments, 3 do
    if holder.segments[index] <= offset and offset <= holder.segments[index + 1] then return true end
  end
  return false
end

local read = {}
local function state_of(offset)
  if offset >= next_offset then return 0 end
  if offset >= state.next then return 3 end
  if state.lostTo and state.lostFrom <= offset and offset < state.lostTo then return 3 end
  local ids = redis.call('ZRANGE', outstanding_key, text(offset), '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 64)
  for _, id in ipairs(ids) do
    read[id] = read[id] or read_holder(holders_key, id)
    if holds(read[id], offset) then return 1 end
  end
  return #ids == 64 and 1 or 2
end

local states = {}
for index = 5, #ARGV do states[#states + 1] = state_of(tonumber(ARGV[index])) end
local rate = state.rate
-- A consumer that is gone measures nothing any more.
if state.paused == 1 or not rate or rate < 0.001 or (not state.rateIdle and now - state.rateAt > 60000) then rate = nil end
return { now, committed, next_offset, rate and string.format('%.6f', rate) or '', states, state.lanes and 1 or 0 }

#!lua flags=no-writes
-- @does Reads where the lanes of a group stand in a partition, and with some of its messages.
-- @keys state partitions leases attempts reasons done late
-- @args topic_id group_id partition ...offsets
-- @returns {first offset that is not in the lanes, first that has not ended, {0 waiting, 1 processing, 2 ended, for each
-- offset}}, or nothing when the lanes know nothing of the partition
-- @errors GROUP_NOT_FOUND
-- @include open_lanes
-- @include ended_bits
-- @include lane_leases
-- O(log late) an offset, and O(messages in flight) when one of them is in the lanes: which lease has it is written
-- nowhere. With more than 2,000 leases, what is leased for the first time is told as waiting.
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local keys = { partitions = partitions_key, leases = leases_key }
local number = tonumber(partition)
local record = lane_partition(keys, number)
if not record then return {} end

local function place(offset)
  local high = math.floor(offset / 4294967296)
  return struct.pack('>I2I2I4I2', number, high, offset - high * 4294967296, record.generation)
end

local leased
local function is_leased(wanted)
  if not leased then
    leased = {}
    if redis.call('HLEN', leases_key) <= 2000 then
      for _, id in ipairs(redis.call('HKEYS', leases_key)) do
        local lease = read_lane_lease(keys, id)
        if lease.partition == number then leased[#leased + 1] = lease.items end
      end
    end
  end
  for _, items in ipairs(leased) do
    local at = 0
    repeat
      at = string.find(items, wanted, at + 1, true)
      if at and at % item_bytes == 15 then return true end
    until not at
  end
  return false
end

local function state_of(offset)
  if offset >= record.filed then return 0 end
  if has_ended(done_key, late_key, record, offset) then return 2 end
  local wanted = place(offset)
  if redis.call('HEXISTS', attempts_key, wanted) == 1 or redis.call('HEXISTS', reasons_key, wanted) == 1 then return 1 end
  return is_leased(wanted) and 1 or 0
end

local states = {}
for index = 4, #ARGV do states[#states + 1] = state_of(tonumber(ARGV[index])) end
return { record.filed, committed_of(done_key, late_key, record), states }

-- @include text
--- What a group on lanes knows of each partition, packed: `era` and `generation` number the beginnings (of lanes there,
--- and seeks), `filed` is the first offset that is not in the lanes, `base` that of the bitmap of what has ended, `start`
--- the log's, `committed` the first offset that has not ended, `parked`, `inFlight` and `retrying` count what has not ended, `moved` names what was moved over last of
--- what the partition itself held for the group; `revision` is the time of the last change in µs, or a little more, so that the partition is not told old
--- news, and news from before Redis was restored no longer than until the next.
local partition_names = {
  'era', 'generation', 'start', 'filed', 'base', 'acked', 'dead', 'expired', 'parked', 'inFlight', 'retrying', 'moved',
  'committed', 'revision',
}
local open_partitions = {}

local function lane_partition(keys, number)
  local known = open_partitions[number]
  if known ~= nil then return known or nil end
  local packed = redis.call('HGET', keys.partitions, text(number))
  local record = false
  if packed then
    local values = cmsgpack.unpack(packed)
    record = { number = number }
    for index, name in ipairs(partition_names) do record[name] = values[index] end
  end
  open_partitions[number] = record
  return record or nil
end

local function new_lane_partition(number, era, generation, first)
  local record = {
    number = number, era = era, generation = generation, start = 0, filed = first, base = first, acked = 0, dead = 0,
    expired = 0, parked = 0, inFlight = 0, retrying = 0, moved = '', committed = first, revision = 0,
    touched = true,
  }
  open_partitions[number] = record
  return record
end

local function save_lane_partitions(keys)
  local list, time = {}, nil
  for number, record in pairs(open_partitions) do
    if record and record.touched then
      time = time or redis.call('TIME')
      record.revision = math.max(record.revision + 1, tonumber(time[1]) * 1000000 + tonumber(time[2]))
      local values = {}
      for index, name in ipairs(partition_names) do values[index] = record[name] end
      list[#list + 1] = text(number)
      list[#list + 1] = cmsgpack.pack(values)
      record.touched = nil
    end
  end
  if #list > 0 then redis.call('HSET', keys.partitions, unpack(list)) end
end

--- Whether the message's partition still is in the generation that the member is of: a seek begins a new one.
local function is_current(keys, member)
  local record = lane_partition(keys, partition_of(member))
  return record ~= nil and record.generation == generation_of(member)
end

--- What a partition's own script is told, and what a filer begins with.
local function tell_lane_partition(record)
  return {
    record.number, record.era, record.filed, record.committed, record.parked + record.inFlight + record.retrying,
    record.acked + record.dead, record.moved, record.revision,
  }
end

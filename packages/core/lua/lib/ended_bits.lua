-- @include text
-- @include in_chunks
-- @include lane_partitions
--- Which messages of a partition have ended: a bitmap from `base` on, and `late`, a sorted set of the few before it that
--- have not. Whole chunks are cut off the front as they fill; what has not ended in a bitmap that grew long becomes late,
--- so that one message that waits for a year costs an entry and not a bit for each that was handled since.
local chunk_bits = 65536
local longest_bits = 64 * chunk_bits

--- First offset that has not ended, and is at most the first that is not in the lanes.
local function committed_of(done_key, late_key, partition)
  local late = redis.call('ZRANGE', late_key, 0, 0, 'WITHSCORES')
  if late[2] then return math.min(partition.filed, tonumber(late[2])) end
  local first = redis.call('BITPOS', done_key, 0)
  if first < 0 then first = 8 * redis.call('STRLEN', done_key) end
  return math.min(partition.filed, partition.base + first)
end

local function cut_front(done_key, partition, bits)
  local rest = redis.call('GETRANGE', done_key, bits / 8, -1)
  if rest == '' then redis.call('UNLINK', done_key) else redis.call('SET', done_key, rest) end
  partition.base = partition.base + bits
  partition.touched = true
end

--- Makes what has not ended among the first `bits` and before `limit` late, and cuts the bits off.
local function give_up_front(done_key, late_key, partition, bits, limit)
  local late, from = {}, 0
  -- Bits behind the end read as zero: the last one that is cut must stand.
  redis.call('SETBIT', done_key, bits, redis.call('GETBIT', done_key, bits))
  while from < bits do
    local at = redis.call('BITPOS', done_key, 0, math.floor(from / 8))
    if at < 0 or at >= bits or partition.base + at >= limit then break end
    late[#late + 1] = text(partition.base + at)
    late[#late + 1] = text(partition.base + at)
    redis.call('SETBIT', done_key, at, 1)
    from = at
  end
  in_chunks(late, 'ZADD', late_key)
  cut_front(done_key, partition, bits)
end

--- Moves the base on to `to`, since everything from `from` on until there has ended at once.
local function move_base(done_key, late_key, partition, from, to)
  if from > partition.base then
    local bits = from - partition.base
    give_up_front(done_key, late_key, partition, bits + (-bits) % 8, from)
  end
  redis.call('UNLINK', done_key)
  partition.base = to
end

local function trim_ended(done_key, late_key, partition)
  local first = redis.call('BITPOS', done_key, 0)
  if first < 0 then first = 8 * redis.call('STRLEN', done_key) end
  if first >= chunk_bits then return cut_front(done_key, partition, first - first % 8) end
  if 8 * redis.call('STRLEN', done_key) > longest_bits then
    give_up_front(done_key, late_key, partition, chunk_bits, partition.filed)
  end
end

local function note_committed(done_key, late_key, partition)
  partition.committed = committed_of(done_key, late_key, partition)
  partition.touched = true
end

--- Notes that messages have ended; `offsets` in any order.
local function end_offsets(done_key, late_key, partition, offsets)
  if #offsets == 0 then return end
  table.sort(offsets)
  local late, bits, index = {}, {}, 1
  while index <= #offsets do
    local first = offsets[index]
    if first < partition.base then
      late[#late + 1] = text(first)
      index = index + 1
    else
      local count = 1
      while count < 48 and offsets[index + count] == first + count do count = count + 1 end
      local size = #bits
      bits[size + 1], bits[size + 2] = 'SET', 'u' .. count
      bits[size + 3], bits[size + 4] = text(first - partition.base), text(2 ^ count - 1)
      index = index + count
    end
  end
  in_chunks(late, 'ZREM', late_key)
  in_chunks(bits, 'BITFIELD', done_key)
  trim_ended(done_key, late_key, partition)
  note_committed(done_key, late_key, partition)
end

--- Whether a message before `filed` has ended.
local function has_ended(done_key, late_key, partition, offset)
  if offset < partition.base then return not redis.call('ZSCORE', late_key, text(offset)) end
  return redis.call('GETBIT', done_key, text(offset - partition.base)) == 1
end

--- Notes that a message that had ended is on its way again.
local function revive_offset(done_key, late_key, partition, offset)
  if offset < partition.base then
    redis.call('ZADD', late_key, text(offset), text(offset))
  else
    redis.call('SETBIT', done_key, text(offset - partition.base), 0)
  end
  note_committed(done_key, late_key, partition)
end

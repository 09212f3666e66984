-- @include in_chunks
-- @include fine_text
-- @include lane_limits
--- Adds messages to their lanes; each lane that has no turn is given one, even if it is blocked: the take that comes upon
--- it notes that something waits there.
local function park_members(keys, state, members, now)
  local queued, turns, seen = {}, {}, {}
  local turn = turn_now(state, now)
  for index = 1, #members do
    local member = members[index]
    queued[2 * index - 1], queued[2 * index] = 0, member
    local lane = string.sub(member, 1, 8)
    if not seen[lane] then
      seen[lane] = true
      turn = turn + 1
      turns[#turns + 1] = turn
      turns[#turns + 1] = lane
    end
  end
  in_chunks(queued, 'ZADD', keys.queue)
  if in_chunks(turns, 'ZADD', keys.turns, 'NX') > 0 then change(state, 'turn', turn) end
end

--- The members of records of lane (8) and offset (6), for the next sequence of the group and a partition's generation.
local function members_of(state, partition, records, record_bytes)
  change(state, 'sequence', (state.sequence or 0) + 1)
  local middle = struct.pack('>I6', state.sequence) .. struct.pack('>I2', partition.number)
  local generation = struct.pack('>I2', partition.generation)
  local members, count, sub = {}, 0, string.sub
  for at = 1, #records, record_bytes do
    count = count + 1
    members[count] = sub(records, at, at + 7) .. middle .. sub(records, at + 8, at + 13) .. generation
  end
  return members
end

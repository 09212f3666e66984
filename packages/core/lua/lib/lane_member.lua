--- A message in a lane is a member of 24 bytes: lane (8), sequence of its filing (6), partition (2), offset (6),
--- generation of the partition (2). So the members of a lane lie together, in the order in which they were filed, and
--- those of one partition in the order of their offsets. Its last ten bytes are the message's place.
--- A lane whose first six bytes are zero belongs to a partition: to its messages without a key, or to all of them.
local function lane_of(member)
  return string.sub(member, 1, 8)
end

local function place_of(member)
  return string.sub(member, 15, 24)
end

local function partition_of(member)
  return string.byte(member, 15) * 256 + string.byte(member, 16)
end

local function offset_of(member)
  local a, b, c, d, e, f = string.byte(member, 17, 22)
  return ((((a * 256 + b) * 256 + c) * 256 + d) * 256 + e) * 256 + f
end

local function generation_of(member)
  return string.byte(member, 23) * 256 + string.byte(member, 24)
end

--- Partition, offset and generation at once, for loops.
local function read_place(member)
  local p, q, a, b, c, d, e, f, g, h = string.byte(member, 15, 24)
  return p * 256 + q, ((((a * 256 + b) * 256 + c) * 256 + d) * 256 + e) * 256 + f, g * 256 + h
end

--- The first byte of the lane of a key is odd.
local function is_keyless(lane)
  return string.byte(lane) == 0
end

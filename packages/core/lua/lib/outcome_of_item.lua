-- @include text
-- @include lane_leases
-- @include lane_member
--- The error for a range that reaches beyond what the lease was given, if there is one.
local function stranger_to(lease, ranges)
  for _, range in ipairs(ranges) do
    local stranger = range.first < lease.from and range.first or (range.last > lease.to and range.last)
    if stranger then
      return redis.error_reply(
        'INVALID offset ' .. text(stranger) .. ' is not among ' .. text(lease.from) .. ' to ' .. text(lease.to)
      )
    end
  end
  return nil
end

--- Code, delay and reason for an offset by the ranges (sorted, disjoint), or the default.
local function outcome_of(ranges, offset, default_code)
  local low, high = 1, #ranges
  while low <= high do
    local middle = math.floor((low + high) / 2)
    local range = ranges[middle]
    if offset < range.first then
      high = middle - 1
    elseif offset > range.last then
      low = middle + 1
    else
      return range.code, range.delay, range.reason
    end
  end
  return default_code, '', ''
end

--- Member and attempt of each item of a lease, in order of offsets.
local function in_order(items)
  local list = {}
  for member, attempt in items_of(items) do list[#list + 1] = { member, attempt, offset_of(member) } end
  table.sort(list, function(one, other) return one[3] < other[3] end)
  local index = 0
  return function()
    index = index + 1
    if list[index] then return list[index][1], list[index][2] end
  end
end

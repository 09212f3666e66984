--- When the message at an offset was appended, as near as the marks tell (never later); nil without marks.
--- Binary search by rank: O(log² marks).
local function time_at_offset(marks_key, offset)
  local low, high = 0, redis.call('ZCARD', marks_key) - 1
  local found
  while low <= high do
    local middle = math.floor((low + high) / 2)
    local entry = redis.call('ZRANGE', marks_key, middle, middle, 'WITHSCORES')
    local mark_offset = tonumber(string.match(entry[1], '^(%d+):'))
    if mark_offset <= offset then
      found = tonumber(entry[2])
      low = middle + 1
    else
      high = middle - 1
    end
  end
  return found
end

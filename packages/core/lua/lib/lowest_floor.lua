--- The lowest committed offset among the groups of a partition, and its group; nil when there is none. Groups that
--- were not seen since `active_since` are passed over when it is given. O(groups).
local function lowest_floor(floors_key, active_since)
  local floors = redis.call('HGETALL', floors_key)
  local lowest, lowest_group
  for index = 1, #floors, 2 do
    local committed, seen_at = string.match(floors[index + 1], '^(%d+),(%d+)')
    committed = tonumber(committed)
    local counts = not active_since or tonumber(seen_at) >= active_since
    if counts and (not lowest or committed < lowest) then
      lowest, lowest_group = committed, floors[index]
    end
  end
  return lowest, lowest_group
end

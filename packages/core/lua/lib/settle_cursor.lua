-- @include text
-- @include hash_record
-- @include lowest_floor
--- Writes back where a group stands in a partition: its committed offset among the floors, its rate, and the lowest
--- floor in the meta hash when this group made it. Saves both records. Nothing is written of a floor that did not move,
--- but for a sign of life now and then. O(log holders), and O(groups) when the lowest group moves.
local function group_committed(keys, group)
  local first = redis.call('ZRANGE', keys.outstanding, 0, 0, 'WITHSCORES')
  return first[2] and math.min(group.next, tonumber(first[2])) or group.next
end

local function measure_rate(group, now)
  local ended = group.acked + group.deadLettered + group.expired
  if not group.rateAt then
    change(group, 'rateAt', now)
    change(group, 'rateCount', ended)
  elseif now - group.rateAt >= 1000 then
    local rate = (ended - group.rateCount) * 1000 / (now - group.rateAt)
    change(group, 'rate', group.rate and group.rate * 0.7 + rate * 0.3 or rate)
    change(group, 'rateAt', now)
    change(group, 'rateCount', ended)
  end
end

local function settle_cursor(keys, meta, group, group_name, now)
  measure_rate(group, now)
  local committed = group_committed(keys, group)
  local sign_of_life = math.min((meta.idleMs or 60000) / 4, 60000)
  if committed == group.floor and group.seenAt and now - group.seenAt < sign_of_life then
    save_record(keys.state, group)
    save_record(keys.meta, meta)
    return
  end
  redis.call('HSET', keys.floors, group_name, text(committed) .. ',' .. text(now))
  change(group, 'seenAt', now)
  change(group, 'floor', committed)
  if meta.floorGroup == group_name or not meta.floor or committed < meta.floor then
    local floor, floor_group = lowest_floor(keys.floors)
    if floor ~= meta.floor then change(meta, 'floor', floor) end
    if floor_group ~= meta.floorGroup then change(meta, 'floorGroup', floor_group) end
  end
  if meta.floorGroup == group_name and group.rate ~= meta.floorRate then change(meta, 'floorRate', group.rate) end
  save_record(keys.state, group)
  save_record(keys.meta, meta)
end

-- @include text
-- @include hash_record
-- @include lowest_floor
--- Writes back where a group stands in a partition: its committed offset among the floors, its rate, and the lowest
--- floor in the meta hash when this group made it. Saves both records. Nothing is written of a floor that did not move,
--- but for a sign of life now and then. O(log holders), and O(groups) when the lowest group moves.
local function group_committed(keys, group)
  local first = redis.call('ZRANGE', keys.outstanding, 0, 0, 'WITHSCORES')
  local passed = group.lanes and math.min(group.next, group.lanesCommitted or group.next) or group.next
  return first[2] and math.min(passed, tonumber(first[2])) or passed
end

--- Messages that the group ends in a second, while it has some: time in which there was nothing to do, or in which it
--- was paused, does not count, or every quiet hour would make the group look slow to the first who comes after it. What
--- retention took away was not its work either.
local function measure_rate(meta, group, now)
  local ended = group.acked + group.deadLettered + (group.lanesEnded or 0)
  local at_rest = group.next >= meta.endOffset and group.inFlight + group.retrying + (group.lanesHeld or 0) == 0
  local idle = (at_rest or group.paused == 1) and 1 or nil
  if not group.rateAt then
    change(group, 'rateAt', now)
    change(group, 'rateCount', ended)
    change(group, 'rateIdle', idle)
    return
  end
  local busy_ms = (group.rateBusyMs or 0) + (group.rateIdle and 0 or now - group.rateAt)
  if busy_ms >= 1000 then
    local rate = math.max(0, ended - group.rateCount) * 1000 / busy_ms
    change(group, 'rate', group.rate and group.rate * 0.7 + rate * 0.3 or rate)
    change(group, 'rateCount', ended)
    busy_ms = 0
  elseif idle == group.rateIdle then
    return
  end
  change(group, 'rateBusyMs', busy_ms)
  change(group, 'rateAt', now)
  if idle ~= group.rateIdle then change(group, 'rateIdle', idle) end
end

local function settle_cursor(keys, meta, group, group_name, now)
  measure_rate(meta, group, now)
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

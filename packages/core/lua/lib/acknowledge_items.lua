-- @include hash_record
-- @include lane_fates
--- Acknowledges everything that a lease has: the common case, in one pass. Returns the offsets.
local function acknowledge_items(keys, state, partition, items, now)
  local offsets, counts, lanes = {}, {}, {}
  for at = 1, #items, item_bytes do
    local lane = string.sub(items, at, at + 7)
    local count = counts[lane]
    if count then
      counts[lane] = count + 1
    else
      counts[lane] = 1
      if is_tracked(state, lane) then lanes[#lanes + 1] = lane end
    end
    local a, b, c, d, e, f, _, _, high, low = string.byte(items, at + 16, at + 25)
    offsets[#offsets + 1] = ((((a * 256 + b) * 256 + c) * 256 + d) * 256 + e) * 256 + f
    if low > 1 or high > 0 then attempts_gone[#attempts_gone + 1] = string.sub(items, at + 14, at + 23) end
  end
  partition.inFlight = partition.inFlight - #offsets
  partition.touched = true
  change(state, 'inFlight', state.inFlight - #offsets)
  load_lanes(keys, lanes)
  for _, id in ipairs(lanes) do
    local lane = known_lanes[id]
    lane.inFlight = math.max(0, lane.inFlight - counts[id])
    touched_lanes[id] = lane
    if lane.waiting then unblock_lane(keys, state, lane, now) end
  end
  return offsets
end

-- @include ended_bits
-- @include hash_record
-- @include lane_leases
-- @include lane_limits
--- The record of a partition for its era; a new one where the lanes begin there, or begin anew at `first`: after a seek, or
--- because one side lost what the other knows. Leases of the era before are lost and hold their lanes no longer; what was
--- parked is dropped when it is met. Nil for an era that is over. `mended` is 1 where one side had lost something. O(leases)
--- where an era begins.
local function lose_leases(keys, state, number, now)
  local prefix = text(number) .. '.'
  for _, id in ipairs(redis.call('HKEYS', keys.leases)) do
    if string.sub(id, 1, #prefix) == prefix then
      local lease = read_lane_lease(keys, id)
      remove_lane_lease(keys, id)
      local places = {}
      for member in items_of(lease.items) do
        local lane = lane_of(member)
        places[#places + 1] = place_of(member)
        if is_tracked(state, lane) then
          local record = lane_record(keys, lane)
          record.inFlight = math.max(0, record.inFlight - 1)
          touch_lane(record)
          unblock_lane(keys, state, record, now)
        end
      end
      in_chunks(places, 'HDEL', keys.attempts)
    end
  end
end

local function drop_lanes(keys, state, done_key, late_key, known, now)
  redis.call('UNLINK', done_key, late_key)
  change(state, 'parked', state.parked - known.parked - known.retrying)
  change(state, 'inFlight', state.inFlight - known.inFlight)
  lose_leases(keys, state, known.number, now)
end

--- What of `known` is handed out again from `first` on, though it had ended, is counted once: with its next end. Where the lanes
--- had lost what they knew, it is what had ended meanwhile.
local function count_once(record, known, first)
  local again = known.filed - first - (known.parked + known.inFlight + known.retrying)
  for _, name in ipairs({ 'acked', 'expired', 'dead' }) do
    local part = math.min(again, record[name])
    record[name] = record[name] - part
    again = again - part
  end
end

local function begin_lanes(keys, state, done_key, late_key, number, era, first, mended, now)
  local known = lane_partition(keys, number)
  if known and known.era == era then return known end
  if known and known.era > era then return nil end
  -- Counted by the group: a partition that was handed back is not known here any more, and what lay in its lanes may be.
  change(state, 'generations', (state.generations or 0) % 65535 + 1)
  if known then
    drop_lanes(keys, state, done_key, late_key, known, now)
  else
    redis.call('UNLINK', done_key, late_key)
  end
  local record = new_lane_partition(number, era, state.generations, first)
  if known and math.floor(known.era / 1000000) == math.floor(era / 1000000) then
    record.acked, record.dead, record.expired = known.acked, known.dead, known.expired
    if mended == '1' then count_once(record, known, first) end
  end
  save_lanes(keys)
  return record
end

--- Of lanes that are closing a partition that begins anew is gone. Its counters go with it.
local function leave_lanes(keys, state, done_key, late_key, number, era, now)
  local known = lane_partition(keys, number)
  if not known or known.era >= era then return end
  drop_lanes(keys, state, done_key, late_key, known, now)
  redis.call('HDEL', keys.partitions, text(number))
  open_partitions[number] = false
  save_lanes(keys)
end

--- How the partition stands for who could not begin there; nothing is told of one that the lanes do not know.
local function tell_unbegun(keys, number)
  local known = lane_partition(keys, number)
  return known and tell_lane_partition(known) or {}
end

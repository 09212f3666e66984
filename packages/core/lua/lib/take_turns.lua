-- @include lane_fates
-- @include lane_window
--- Takes up to `free` messages: lanes in order of their turns, each a fair part of what is free. In order, messages of a
--- lane go out of one partition only, and none while others of the lane are out. Messages whose last
--- delivery ran out unreported are taken apart from others, in pieces of an eighth, and alone for the last attempt: one of
--- them may be what ends its consumers.
--- Returns how many, the leases as {partition, items, from, to}, and whether some lanes were not looked at. A lease has at
--- most `lease_size` messages, of one partition; in order, what is taken of a lane lies in one of them.
local function take_turns(keys, state, free, lease_size, now)
  local taken, alone, leases, open_leases, removed, moved = 0, false, {}, {}, {}, 0
  --- Of a take of such messages: how many it may have, and how many more.
  local piece, piece_left
  local horizon = turn_now(state, now)
  local limited_by_key = state.keyRateLimit or redis.call('HLEN', keys.pins) > 0
  local any_attempts = redis.call('HLEN', keys.attempts) > 0

  local function plan_lane(id, at, quantum)
    local lane, count = nil, quantum
    local plan = { id = id, at = at }
    if is_tracked(state, id) then
      lane = lane_record(keys, id)
      local room = lane_room(keys, state, lane)
      if room == 0 then
        lane.waiting = true
        touch_lane(lane)
        turns_of[id] = false
        moved = moved + 1
        return nil
      end
      if lane.heldUntil and lane.heldUntil > now then
        turns_of[id] = math.ceil(lane.heldUntil * 1000)
        if turns_of[id] > horizon then moved = moved + 1 end
        return nil
      end
      count = math.min(count, room)
      plan.lane = lane
      if limited_by_key then
        plan.limit, plan.interval, plan.burst = lane_rate(keys, state, lane)
        if plan.limit then
          local given, from = permits(plan.limit, plan.interval, plan.burst, at, now)
          if given == 0 then
            turns_of[id] = math.ceil(from * 1000)
            if turns_of[id] > horizon then moved = moved + 1 end
            return nil
          end
          count = math.min(count, given)
        end
      end
    end
    local members = redis.call('ZRANGE', keys.queue, '[' .. id, '(' .. id .. '\255', 'BYLEX', 'LIMIT', 0, count + 1)
    if #members == 0 then
      turns_of[id] = false
      moved = moved + 1
      return nil
    end
    if #members > count then
      plan.more = true
      members[#members] = nil
    end
    if lane and #members > 1 and is_ordered(state, id) then
      plan.in_order = true
      local number = partition_of(members[1])
      for index = 2, #members do
        if partition_of(members[index]) ~= number then
          for behind = index, #members do members[behind] = nil end
          plan.more = true
          break
        end
      end
    end
    plan.members = members
    return plan
  end

  local function take_message(member, offset, so_far, partition)
    local counter = so_far == 0 and 'parked' or 'retrying'
    local number = partition.number
    partition[counter] = partition[counter] - 1
    partition.inFlight = partition.inFlight + 1
    partition.touched = true
    local lease = open_leases[number]
    if not lease or #lease.items >= lease_size then
      lease = { partition = number, items = {}, from = offset, to = offset }
      open_leases[number] = lease
      leases[#leases + 1] = lease
    end
    if offset < lease.from then lease.from = offset end
    if offset > lease.to then lease.to = offset end
    lease.items[#lease.items + 1] = pack_item(member, so_far + 1)
    removed[#removed + 1] = member
    taken = taken + 1
  end

  --- Whether the message is out of the lane now: taken, or not to be had any more.
  local function try_message(member, entry)
    local number, offset, generation = read_place(member)
    local partition = lane_partition(keys, number)
    if not partition or partition.generation ~= generation then
      removed[#removed + 1] = member
      if entry then attempts_gone[#attempts_gone + 1] = place_of(member) end
      return true, false
    end
    local so_far, own_piece = 0, nil
    if entry then so_far, own_piece = read_attempts(entry) end
    local lost = offset < partition.start
    if lost or so_far >= state.maxDeliveries then
      local counter = so_far == 0 and 'parked' or 'retrying'
      partition[counter] = partition[counter] - 1
      change(state, 'parked', state.parked - 1)
      await_burial(keys, state, partition, member, so_far, lost and 'Expired' or 'The last attempt failed', now)
      removed[#removed + 1] = member
      return true, false
    end
    if own_piece then
      if so_far + 1 >= state.maxDeliveries then own_piece = 1 end
      if taken == 0 then piece, piece_left = own_piece, own_piece end
      if not piece or own_piece < piece then return false, false end
      piece_left = piece_left - 1
      alone = piece_left == 0
    elseif piece then
      return false, false
    end
    take_message(member, offset, so_far, partition)
    return true, true
  end

  local function end_turn(plan, count, left)
    local lane, id = plan.lane, plan.id
    local more = plan.more or left
    if not lane then
      if not more then turns_of[id] = false elseif count > 0 then give_turn(state, id, now) end
      return
    end
    if count > 0 then
      lane.inFlight = lane.inFlight + count
      touch_lane(lane)
      if plan.limit then
        plan.at = after_permits(plan.limit, plan.interval, plan.burst, plan.at, now, count)
        redis.call('ZADD', keys.times, fine_text(plan.at), id)
      end
    end
    if not more then
      turns_of[id] = false
    elseif lane_room(keys, state, lane) == 0 then
      turns_of[id] = false
      lane.waiting = true
      touch_lane(lane)
    elseif count > 0 then
      local given, from = 1, now
      if plan.limit then given, from = permits(plan.limit, plan.interval, plan.burst, plan.at, now) end
      if given > 0 then give_turn(state, id, now) else turns_of[id] = math.ceil(from * 1000) end
    end
  end

  local function carry_out(plans)
    local places, attempts = {}, {}
    if any_attempts then
      for _, plan in ipairs(plans) do
        for _, member in ipairs(plan.members) do places[#places + 1] = place_of(member) end
      end
      for start = 1, #places, 2000 do
        local some = redis.call('HMGET', keys.attempts, unpack(places, start, math.min(#places, start + 1999)))
        for index = 1, #some do attempts[start + index - 1] = some[index] end
      end
    end
    local at = 0
    for _, plan in ipairs(plans) do
      local count, left = 0, false
      for index, member in ipairs(plan.members) do
        local known = attempts[at + index]
        local gone, given = false, false
        if count > 0 and plan.in_order and #open_leases[partition_of(member)].items >= lease_size then left = true end
        if not left and not alone then gone, given = try_message(member, known) end
        if given then count = count + 1 end
        if not gone then left = true end
      end
      at = at + #plan.members
      end_turn(plan, count, left)
    end
  end

  local looked = 0
  while taken < free and not alone and looked < 4000 do
    local before = taken + moved
    local _, eligible = lane_window(keys, state, now)
    if eligible == 0 then break end
    local quantum = math.max(1, math.floor((free - taken) / eligible))
    horizon = turn_now(state, now)
    local most = math.min(512, free - taken)
    local ids = redis.call('ZRANGE', keys.turns, '-inf', text(horizon), 'BYSCORE', 'LIMIT', 0, most)
    load_lanes(keys, ids)
    local times = limited_by_key and redis.call('ZMSCORE', keys.times, unpack(ids)) or {}
    local plans, planned = {}, 0
    for index, id in ipairs(ids) do
      if taken + planned >= free then break end
      local plan = plan_lane(id, tonumber(times[index] or ''), math.min(quantum, free - taken - planned))
      if plan then
        plans[#plans + 1] = plan
        planned = planned + #plan.members
      end
    end
    carry_out(plans)
    looked = looked + #ids
    moved = moved + #removed
    in_chunks(removed, 'ZREM', keys.queue)
    removed = {}
    save_lanes(keys)
    if taken + moved == before then break end
  end
  if limited_by_key then
    local gone = redis.call('ZRANGE', keys.times, '-inf', fine_text(now), 'BYSCORE', 'LIMIT', 0, 2 * taken + 10)
    in_chunks(gone, 'ZREM', keys.times)
  end
  change(state, 'inFlight', state.inFlight + taken)
  change(state, 'parked', state.parked - taken)
  return taken, leases, looked >= 4000
end

-- @include text
-- @include hash_record
-- @include in_chunks
-- @include backoff
-- @include gcra
-- @include lane_limits
-- @include lane_leases
--- What becomes of a message that was leased. `attempts` has how often each was delivered that failed or ran out, so that
--- everything else costs nothing there. What ran out unreported last comes back in pieces, as on ranges: then it is below
--- zero, 1,000 x attempts + messages that may be taken together. What is written for
--- single messages is gathered and written at once by `save_fates`.
local queued, attempts_set, attempts_gone, due_set, returned = {}, {}, {}, {}, {}

local function save_fates(keys, state, now)
  in_chunks(queued, 'ZADD', keys.queue)
  in_chunks(attempts_set, 'HSET', keys.attempts)
  in_chunks(attempts_gone, 'HDEL', keys.attempts)
  in_chunks(due_set, 'ZADD', keys.due)
  queued, attempts_set, attempts_gone, due_set = {}, {}, {}, {}
  for id, count in pairs(returned) do
    local limit, interval = lane_rate(keys, state, lane_record(keys, id))
    local at = limit and tonumber(redis.call('ZSCORE', keys.times, id) or '')
    if at then redis.call('ZADD', keys.times, fine_text(after_return(limit, interval, at, count)), id) end
  end
  returned = {}
end

--- Takes a message out of the hands of its consumer: its lane has one less in flight.
local function leave_lease(keys, state, partition, member)
  partition.inFlight = partition.inFlight - 1
  partition.touched = true
  change(state, 'inFlight', state.inFlight - 1)
  local id = lane_of(member)
  if not is_tracked(state, id) then return nil end
  local lane = lane_record(keys, id)
  lane.inFlight = math.max(0, lane.inFlight - 1)
  touch_lane(lane)
  return lane
end

--- Puts a message back into its lane, at its own place. `attempts` are those before it is handed out again.
local function put_back(keys, state, partition, member, attempts, now)
  local counter = attempts == 0 and 'parked' or 'retrying'
  partition[counter] = partition[counter] + 1
  partition.touched = true
  change(state, 'parked', state.parked + 1)
  queued[#queued + 1] = 0
  queued[#queued + 1] = member
  local id = lane_of(member)
  if is_tracked(state, id) then
    local lane = lane_record(keys, id)
    if lane_room(keys, state, lane) == 0 then
      lane.waiting = true
      return touch_lane(lane)
    end
  end
  give_first_turn(keys, state, id, now)
end

--- Gives a message back as if it had never been handed out: its permits as well.
local function release_message(keys, state, partition, member, attempt, now)
  leave_lease(keys, state, partition, member)
  put_back(keys, state, partition, member, attempt - 1, now)
  if state.rateLimit and state.rateTime then
    change(state, 'rateTime', after_return(state.rateLimit, state.rateIntervalMs, state.rateTime, 1))
  end
  local id = lane_of(member)
  if is_tracked(state, id) then returned[id] = (returned[id] or 0) + 1 end
end

--- Lets a message wait until `due` for its next attempt; in order, its lane waits with it.
local function retry_message(keys, state, partition, member, attempt, due, now)
  attempts_set[#attempts_set + 1] = place_of(member)
  attempts_set[#attempts_set + 1] = text(attempt)
  local lane = leave_lease(keys, state, partition, member)
  if due <= now then return put_back(keys, state, partition, member, attempt, now) end
  partition.retrying = partition.retrying + 1
  change(state, 'parked', state.parked + 1)
  due_set[#due_set + 1] = text(due)
  due_set[#due_set + 1] = 'r' .. member
  if lane and is_ordered(state, lane.id) then lane.hold = place_of(member) end
end

--- Lets a message await its burial. Burials are numbered: a partition knows the last number that it carried out.
--- The reason is kept with the number before it.
local function await_burial(keys, state, partition, member, attempt, reason, now)
  partition.touched = true
  partition.retrying = partition.retrying + 1
  change(state, 'parked', state.parked + 1)
  change(state, 'exhaustion', math.max((state.exhaustion or 0) + 1, math.floor(now * 1000)))
  redis.call('ZADD', keys.exhausted, text(state.exhaustion), pack_item(member, attempt))
  redis.call('HSET', keys.reasons, place_of(member), text(state.exhaustion) .. ' ' .. reason)
  change(state, 'buryAt', now)
end

local function exhaust_message(keys, state, partition, member, attempt, reason, now)
  leave_lease(keys, state, partition, member)
  await_burial(keys, state, partition, member, attempt, reason, now)
end

local function piece_of(attempts, piece)
  return -(attempts * 1000 + math.min(math.max(piece, 1), 999))
end

--- How often a message was delivered by its entry in `attempts`, and in which pieces it comes back (nil for any).
local function read_attempts(entry)
  local value = tonumber(entry or '0')
  if value >= 0 then return value, nil end
  return math.floor(-value / 1000), -value % 1000
end

--- A lease whose deadline has passed: each of its messages has spent an attempt.
local function expire_lane_lease(keys, state, lease, now)
  remove_lane_lease(keys, lease.id)
  local partition = lane_partition(keys, lease.partition)
  local eighth = math.ceil(#lease.items / item_bytes / 8)
  for member, attempt in items_of(lease.items) do
    if is_current(keys, member) then
      if attempt >= state.maxDeliveries then
        exhaust_message(
          keys, state, partition, member, attempt, 'The last attempt was not settled before its deadline', now
        )
      else
        attempts_set[#attempts_set + 1] = place_of(member)
        attempts_set[#attempts_set + 1] = text(piece_of(attempt, eighth))
        leave_lease(keys, state, partition, member)
        put_back(keys, state, partition, member, attempt, now)
      end
      local id = lane_of(member)
      if is_tracked(state, id) then unblock_lane(keys, state, lane_record(keys, id), now) end
    end
  end
end

--- A retry whose time has come goes back into its lane.
local function return_retry(keys, state, member, now)
  redis.call('ZREM', keys.due, 'r' .. member)
  if not is_current(keys, member) then
    attempts_gone[#attempts_gone + 1] = place_of(member)
    return
  end
  local partition = lane_partition(keys, partition_of(member))
  partition.retrying = partition.retrying - 1
  change(state, 'parked', state.parked - 1)
  local id = lane_of(member)
  if is_tracked(state, id) then
    local lane = lane_record(keys, id)
    if lane.hold == place_of(member) then
      lane.hold = ''
      touch_lane(lane)
    end
  end
  put_back(keys, state, partition, member, 1, now)
  if is_tracked(state, id) then unblock_lane(keys, state, lane_record(keys, id), now) end
end

--- Carries out what has become due, so many messages at most. Returns whether it was through.
local function carry_out_due(keys, state, limit, now)
  local left = limit
  while left > 0 do
    local due = redis.call('ZRANGE', keys.due, '-inf', fine_text(now), 'BYSCORE', 'LIMIT', 0, math.min(left, 100))
    if #due == 0 then return true end
    for _, name in ipairs(due) do
      local kind, rest = string.sub(name, 1, 1), string.sub(name, 2)
      local lease = kind == 'l' and read_lane_lease(keys, rest)
      if lease then
        left = left - #lease.items / item_bytes
        expire_lane_lease(keys, state, lease, now)
      elseif kind == 'r' then
        left = left - 1
        return_retry(keys, state, rest, now)
      elseif kind == 'h' then
        left = left - 1
        end_hold_of_lane(keys, state, lane_record(keys, rest), now)
      else
        redis.call('ZREM', keys.due, name)
      end
      if left <= 0 then return false end
    end
  end
  return false
end

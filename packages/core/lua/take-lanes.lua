#!lua flags=allow-oom
-- @does Leases messages of a group on lanes to a consumer: lanes take turns, within the limits of the group and of each lane.
-- @keys state partitions queue turns lanes times pins leases due attempts exhausted reasons settled0 settled1
-- @args now topic_id group_id nonce max_messages lease_size max_bytes lease_ms consumer wake tell
-- `lease_ms` is '' for the group's own; `wake` is 1 to be told when there is something; `tell` is 1 to be told where the
-- partitions stand when more should be filed.
-- A lease has at most `lease_size` messages.
-- @returns {now, next due ('' for never), paused 0|1, deadline, {lease id, items, …}: ids are `<partition>.<nonce>-<number>`,
-- 1 when something awaits its burial, 1 when it was not through and wants to be called again, how many more may be
-- parked when more should be filed (else 0), 1 when lanes ran out, {partition as `tell_lane_partition` tells it, …}, 1 when the
-- lanes are closing}
-- @errors GROUP_NOT_FOUND
-- @include fine_clock
-- @include open_lanes
-- @include lane_member
-- @include lane_partitions
-- @include settled_leases
-- @include take_turns
-- @include lane_window
-- O(messages x log parked). A repeat with the same nonce is answered with the same leases.
now = fine_clock(now)
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local keys = {
  state = state_key, partitions = partitions_key, queue = queue_key, turns = turns_key, lanes = lanes_key,
  times = times_key, pins = pins_key, leases = leases_key, due = due_key, attempts = attempts_key,
  exhausted = exhausted_key, reasons = reasons_key, settled0 = settled0_key, settled1 = settled1_key,
}
local through = carry_out_due(keys, state, 1000, now)
save_fates(keys, state, now)
save_lanes(keys)

local deadline = math.floor(now) + (lease_ms ~= '' and tonumber(lease_ms) or state.leaseMs)
local blocked_until, file, room, short = nil, 0, 0, 0

local function next_due()
  local first = redis.call('ZRANGE', due_key, 0, 0, 'WITHSCORES')
  local due = tonumber(first[2] or '')
  local function sooner(time)
    if time and (not due or time < due) then due = time end
  end
  local turn = redis.call('ZRANGE', turns_key, 0, 0, 'WITHSCORES')
  if not blocked_until and turn[2] and tonumber(turn[2]) > turn_now(state, now) then sooner(tonumber(turn[2]) / 1000) end
  if state.parked > 0 then sooner(blocked_until) end
  if redis.call('ZCARD', exhausted_key) > 0 then sooner(state.buryAt) end
  return due and text(math.ceil(due)) or ''
end

local function answer(leases, wanting)
  if #leases == 0 and wake == '1' and not state.waiting then change(state, 'waiting', 1) end
  local bury = 0
  if redis.call('ZCARD', exhausted_key) > 0 and now >= (state.buryAt or 0) then
    bury = 1
    change(state, 'buryAt', now + 1000)
  end
  local standing = {}
  if file == 1 and (short == 1 or tell == '1') then
    local numbers = redis.call('HKEYS', partitions_key)
    for _, number in ipairs(numbers) do
      standing[#standing + 1] = tell_lane_partition(lane_partition(keys, tonumber(number)))
    end
  end
  local due = state.paused == 1 and '' or next_due()
  save_lane_partitions(keys)
  save_record(state_key, state)
  return {
    text(now), due, state.paused == 1 and 1 or 0, text(deadline), leases, bury, wanting and 1 or 0,
    file == 1 and room or 0, short, standing, state.closing or 0,
  }
end

local settled, older_settled = settled_leases(keys, state, now)
local earlier = redis.call('HGET', settled, 't:' .. nonce) or redis.call('HGET', older_settled, 't:' .. nonce)
if earlier then
  local again = {}
  for id in string.gmatch(earlier, '%S+') do
    local lease = read_lane_lease(keys, id)
    if lease and lease.due > now then
      again[#again + 1] = lease.id
      again[#again + 1] = lease.items
      deadline = lease.due
    end
  end
  return answer(again)
end
if state.paused == 1 or state.closing == 1 then return answer({}) end

local free = math.min(tonumber(max_messages), math.floor(tonumber(max_bytes) / math.max(state.meanBytes or 1, 1)))
free = math.max(1, free)
if state.concurrency then free = math.min(free, state.concurrency - state.inFlight) end
if state.rateLimit then
  local count, at = permits(state.rateLimit, state.rateIntervalMs, state.rateBurst, state.rateTime, now)
  if count == 0 then blocked_until = at end
  free = math.min(free, count)
end
if state.heldUntil then
  if now < state.heldUntil then
    free, blocked_until = 0, state.heldUntil
  elseif state.probe == 1 then
    free = math.min(free, 1 - state.inFlight)
  end
end
if free <= 0 then return answer({}) end

local taken, given, unfinished = take_turns(keys, state, free, tonumber(lease_size), now)
local leases, ids = {}, {}
for index, lease in ipairs(given) do
  lease.id, lease.due, lease.consumer = text(lease.partition) .. '.' .. nonce .. '-' .. text(index), deadline, consumer
  lease.items = table.concat(lease.items)
  write_lane_lease(keys, lease)
  leases[#leases + 1] = lease.id
  leases[#leases + 1] = lease.items
  ids[index] = lease.id
end
if taken > 0 then
  redis.call('HSET', settled, 't:' .. nonce, table.concat(ids, ' '))
  if state.rateLimit then
    local at = after_permits(state.rateLimit, state.rateIntervalMs, state.rateBurst, state.rateTime, now, taken)
    change(state, 'rateTime', at)
  end
end
save_fates(keys, state, now)
save_lanes(keys)
local window, eligible = lane_window(keys, state, now)
room = math.max(0, window - state.parked)
if taken < free and eligible == 0 then short = 1 end
if room > 0 and (short == 1 or eligible < 256) then file = 1 end
return answer(leases, taken == 0 and (unfinished or not through))

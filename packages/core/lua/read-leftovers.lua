#!lua flags=allow-oom
-- @does Tells what lanes that are closing have of a partition, once no lease of it is held any more.
-- @keys state partitions queue turns lanes times pins leases due attempts exhausted reasons done late
-- @args now topic_id group_id partition
-- @returns {now, 0 when they are not closing, 2 when they never had anything of it, else 1, deadline of a lease that is still held ('' for none), 1
-- when messages await their burial, token of the closing, era, filed, base, done, {late}, {place, attempts, …}, {due
-- time, member, …}, acked, dead-lettered, expired}
-- @errors GROUP_NOT_FOUND
-- @include fine_clock
-- @include open_lanes
-- @include lane_fates
-- O(what the group has in its lanes), so for a change of mode only. Repeating it is harmless.
now = fine_clock(now)
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local keys = {
  state = state_key, partitions = partitions_key, queue = queue_key, turns = turns_key, lanes = lanes_key,
  times = times_key, pins = pins_key, leases = leases_key, due = due_key, attempts = attempts_key,
  exhausted = exhausted_key, reasons = reasons_key,
}
local record = lane_partition(keys, tonumber(partition))
if state.closing ~= 1 then return { text(now), 0 } end
if not record then return { text(now), 2 } end
carry_out_due(keys, state, 1000, now)
save_fates(keys, state, now)
save_lanes(keys)
save_lane_partitions(keys)
save_record(state_key, state)

local deadline = ''
local retries = {}
local due = redis.call('ZRANGE', due_key, 0, -1, 'WITHSCORES')
for index = 1, #due, 2 do
  local kind, rest = string.sub(due[index], 1, 1), string.sub(due[index], 2)
  if kind == 'l' and deadline == '' and string.match(rest, '^(%d+)%.') == partition then
    deadline = text(tonumber(due[index + 1]))
  elseif kind == 'r' and partition_of(rest) == record.number and is_current(keys, rest) then
    retries[#retries + 1] = text(tonumber(due[index + 1]))
    retries[#retries + 1] = rest
  end
end
local awaiting = redis.call('ZCARD', exhausted_key) > 0 and 1 or 0
if deadline ~= '' or awaiting == 1 then return { text(now), 1, deadline, awaiting } end
local attempts = {}
local all = redis.call('HGETALL', attempts_key)
for index = 1, #all, 2 do
  local member = string.rep('\0', 14) .. all[index]
  if partition_of(member) == record.number and is_current(keys, member) then
    attempts[#attempts + 1] = all[index]
    attempts[#attempts + 1] = all[index + 1]
  end
end
return {
  text(now), 1, '', 0, state.closingToken, record.era, record.filed, record.base, redis.call('GET', done_key) or '',
  redis.call('ZRANGE', late_key, 0, -1), attempts, retries, record.acked, record.dead, record.expired,
}

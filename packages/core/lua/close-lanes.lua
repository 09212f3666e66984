#!lua flags=allow-oom
-- @does Drops what the lanes of a group knew of a partition that was handed back; after the last one they are of the scheme that is wanted.
-- @keys state partitions queue turns lanes times leases due attempts exhausted reasons done late
-- @args topic_id channel group_id partition era
-- @returns 1 when the lanes are open again
-- @errors GROUP_NOT_FOUND
-- @include open_lanes
-- @include lane_partitions
-- @include wake_lanes
-- O(1). Repeating it changes nothing.
local state, unknown = open_lanes(state_key, topic_id, group_id)
if unknown then return unknown end
local keys = { partitions = partitions_key }
local record = lane_partition(keys, tonumber(partition))
if record and record.era == tonumber(era) then
  redis.call('HDEL', partitions_key, partition)
  redis.call('UNLINK', done_key, late_key)
  change(state, 'parked', state.parked - record.parked - record.retrying)
  change(state, 'inFlight', state.inFlight - record.inFlight)
end
if state.closing == 1 and redis.call('HLEN', partitions_key) == 0 then
  redis.call(
    'UNLINK', queue_key, turns_key, lanes_key, times_key, leases_key, due_key, attempts_key, exhausted_key, reasons_key
  )
  change(state, 'scheme', state.wanted)
  if state.wanted then change(state, 'closing', nil) end
  wake_lanes(channel, state, 0)
end
save_record(state_key, state)
return state.closing == 1 and 0 or 1

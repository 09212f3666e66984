#!lua
-- @does Makes the lanes of a group, or brings their copy of the group's settings up to a version.
-- @keys state partitions queue turns lanes times pins leases due attempts exhausted reasons settled0 settled1
-- @args now topic_id channel group_id version make ...fields
-- `make` is '' to make none that are not there; the rest are pairs of field and value of the state hash.
-- @returns the version of the group's settings that its lanes have now; 0 when there are none
-- @include fine_clock
-- @include open_lanes
-- @include fresh_turns
-- @include wake_lanes
-- O(fields + lanes that something is known of). Repeating it, or an older version that comes late, changes nothing.
now = fine_clock(now)
local known_topic, known_id, known_version = unpack(redis.call('HMGET', state_key, 'topicId', 'groupId', 'version'))
local same = known_id == group_id and known_topic == topic_id
if same and tonumber(known_version) >= tonumber(version) then return tonumber(known_version) end
if not same then
  if make == '' then return 0 end
  redis.call(
    'UNLINK', state_key, partitions_key, queue_key, turns_key, lanes_key, times_key, pins_key, leases_key, due_key,
    attempts_key, exhausted_key, reasons_key, settled0_key, settled1_key
  )
  redis.call('HSET', state_key, 'groupId', group_id, 'topicId', topic_id, 'inFlight', 0, 'parked', 0)
end
local fields = {}
for index = 7, #ARGV do fields[#fields + 1] = ARGV[index] end
redis.call('HSET', state_key, 'version', version, unpack(fields))
local state = open_lanes(state_key, topic_id, group_id)
if state.wanted and redis.call('HLEN', partitions_key) == 0 then change(state, 'scheme', state.wanted) end
-- Lanes of another scheme are handed back before they are taken over anew.
local closing = (not state.wanted or state.scheme ~= state.wanted) and 1 or nil
if closing and not state.closing then change(state, 'closingToken', state.version) end
change(state, 'closing', closing)
fresh_turns({ partitions = partitions_key, lanes = lanes_key, turns = turns_key, pins = pins_key }, state, now)
wake_lanes(channel, state, 0)
save_record(state_key, state)
return tonumber(version)

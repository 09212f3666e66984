-- @include hash_record
--- The state of a group on lanes as a record; or nothing and the error to answer with. `turn` is the time of the turn
--- that was given last, in µs: turns are given in order, so it may be a little ahead of the clock.
local lanes_fields = {
  'groupId', 'topicId', 'version', 'scheme', 'wanted', 'ordering', 'leaseMs', 'maxDeliveries', 'backoffInitialMs', 'backoffMaxMs',
  'backoffFactor', 'paused', 'closing', 'closingToken', 'rateLimit', 'rateIntervalMs', 'rateBurst', 'concurrency',
  'keyRateLimit', 'keyRateIntervalMs', 'keyRateBurst', 'keyConcurrency', 'rateTime', 'turn', 'heldUntil', 'holdMs', 'probe',
  'inFlight', 'parked', 'waiting', 'meanBytes', 'sequence', 'generations', 'exhaustion', 'buryAt', 'settledTurn', 'settledAt',
}
local lanes_texts = { groupId = true, topicId = true, scheme = true, wanted = true, ordering = true }
local function open_lanes(state_key, topic_id, group_id)
  local state = open_record(state_key, lanes_fields, lanes_texts)
  if state.groupId ~= group_id or state.topicId ~= topic_id then
    return nil, redis.error_reply('GROUP_NOT_FOUND The group has no lanes')
  end
  return state, nil
end

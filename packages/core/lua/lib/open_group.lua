-- @include hash_record
--- A group's state in one partition as a record; nil when there is no such group, or another one of that name.
local group_fields = {
  'groupId', 'version', 'ordering', 'leaseMs', 'maxDeliveries', 'backoffInitialMs', 'backoffMaxMs', 'backoffFactor',
  'paused', 'next', 'inFlight', 'retrying', 'acked', 'deadLettered', 'expired', 'redriven', 'seenAt',
  'rateAt', 'rateCount', 'rateBusyMs', 'rateIdle', 'rate', 'lostFrom', 'lostTo', 'settledTurn', 'settledAt', 'soughtBack', 'floor',
  'scheme', 'lanes', 'lanesScheme', 'lanesKnown', 'lanesNext', 'lanesCommitted', 'lanesHeld', 'lanesEnded',
  'lanesRevision', 'lanesMended', 'eras',
}
local group_texts = { groupId = true, ordering = true, scheme = true, lanesScheme = true }
local function open_group(state_key, group_id)
  local group = open_record(state_key, group_fields, group_texts)
  if group.groupId ~= group_id then return nil end
  return group
end

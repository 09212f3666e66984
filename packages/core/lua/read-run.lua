#!lua flags=no-writes
-- @does Reads where one run of a task stands, from BullMQ's keys, at one moment.
-- @keys cancelled job completed failed delayed active waiting_children
-- @args run id
-- @returns {state, when it was cancelled or '', score in the delayed set or '', then the fields that `RunRecord` names}
-- Not O(1) only in the number of runs that workers have just now. A run that stands in no set, as between two of BullMQ's steps,
-- is told as waiting.
local noted = redis.call('ZSCORE', cancelled_key, run) or ''
local fields = redis.call('HMGET', job_key, 'timestamp', 'opts', 'atm', 'ats', 'stc', 'processedOn', 'finishedOn',
  'priority', 'progress', 'failedReason', 'returnvalue', 'parentKey', 'deid')
if not fields[1] then return { 'gone', noted, '' } end
local state, due = 'waiting', ''
if redis.call('ZSCORE', completed_key, id) then
  state = 'completed'
elseif redis.call('ZSCORE', failed_key, id) then
  state = 'failed'
elseif redis.call('LPOS', active_key, id) then
  state = 'running'
elseif redis.call('ZSCORE', waiting_children_key, id) then
  state = 'waiting-children'
else
  due = redis.call('ZSCORE', delayed_key, id) or ''
  if due ~= '' then state = 'delayed' end
end
local reply = { state, noted, due }
for index = 1, 13 do reply[#reply + 1] = fields[index] or '' end
return reply

#!lua flags=allow-oom
-- @does Notes that a run of a task is wanted no more, unless it has ended, and tells workers.
-- @keys cancelled job completed failed
-- @args now run id channel keep_ms most ended_as
-- `ended_as` is how the reason of a run begins that was cancelled.
-- @returns {when it was first noted in ms, 1 when it is there, else 0, the key of its parent or ''}
-- @errors NOT_FOUND, TASK_STATE
-- @include clock
-- @include text
-- O(log n + what is over). Repeating it keeps the first time, and tells workers again.
now = clock(now)
local noted = redis.call('ZSCORE', cancelled_key, run)
if redis.call('EXISTS', job_key) == 0 then
  if noted then return { noted, 0, '' } end
  return redis.error_reply('NOT_FOUND The task has no such run')
end
if redis.call('ZSCORE', completed_key, id) then
  return redis.error_reply('TASK_STATE The run has completed')
end
if redis.call('ZSCORE', failed_key, id) then
  local reason = redis.call('HGET', job_key, 'failedReason') or ''
  if string.sub(reason, 1, #ended_as) ~= ended_as then
    return redis.error_reply('TASK_STATE The run has failed')
  end
  return { redis.call('HGET', job_key, 'finishedOn') or text(now), 0, '' }
end
noted = noted or text(now)
redis.call('ZADD', cancelled_key, noted, run)
redis.call('ZREMRANGEBYSCORE', cancelled_key, '-inf', '(' .. text(now - tonumber(keep_ms)))
redis.call('ZREMRANGEBYRANK', cancelled_key, 0, -1 - tonumber(most))
redis.call('PEXPIRE', cancelled_key, keep_ms)
redis.call('PUBLISH', channel, '0')
return { noted, 1, redis.call('HGET', job_key, 'parentKey') or '' }

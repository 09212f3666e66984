#!lua
-- @does Adds runs of a task that nothing holds back, all or none, each as BullMQ's addStandardJob adds one.
-- @keys meta wait active marker events counter ...jobs
-- @args name ...runs
-- The rest are the keys of the runs, and for each of them: id, timestamp, data, options.
-- @returns for each the options of the run that is there already, or ''
-- O(runs). Repeating it adds nothing. What it leaves is compared with what BullMQ leaves by a test of packages/tasks.
local count = (#ARGV - 1) / 4
local settings = redis.call('HMGET', meta_key, 'opts.maxLenEvents', 'paused', 'concurrency')
local there, fresh, known = {}, {}, {}
for index = 1, count do
  local id = ARGV[4 * index - 2]
  local options = known[id] or redis.call('HGET', KEYS[7 + index], 'opts')
  there[index] = options or ''
  if not options then
    known[id] = ARGV[4 * index + 1]
    fresh[#fresh + 1] = id
  end
end
-- First what is refused of a queue that is none.
if #fresh > 0 then redis.call('LPUSH', wait_key, unpack(fresh)) end
redis.call('INCRBY', counter_key, count)
local most_events = settings[1]
if not most_events then
  most_events = '10000'
  redis.call('HSET', meta_key, 'opts.maxLenEvents', most_events)
end
for index = 1, count do
  local at = 4 * index - 2
  local id = ARGV[at]
  if there[index] == '' then
    redis.call('HSET', KEYS[7 + index], 'name', name, 'data', ARGV[at + 2], 'opts', ARGV[at + 3],
      'timestamp', ARGV[at + 1], 'delay', '0', 'priority', '0')
    redis.call('XADD', events_key, '*', 'event', 'added', 'jobId', id, 'name', name)
    redis.call('XADD', events_key, 'MAXLEN', '~', most_events, '*', 'event', 'waiting', 'jobId', id)
  else
    redis.call('XADD', events_key, 'MAXLEN', '~', most_events, '*', 'event', 'duplicated', 'jobId', id)
  end
end
if #fresh > 0 then
  -- A worker that is told though none may begin would look, and look again.
  local held = settings[2] or settings[3] and redis.call('LLEN', active_key) >= tonumber(settings[3])
  if not held then redis.call('ZADD', marker_key, 0, '0') end
end
return there

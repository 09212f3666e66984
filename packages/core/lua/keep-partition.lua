#!lua flags=allow-oom
-- @does One bounded step of housekeeping: promotes delayed messages that are due and trims what retention no longer keeps.
-- @keys meta log marks floors delayed bodies promoted0 promoted1
-- @args now topic_id channel steps
-- @returns {now, promoted, 1 when something was trimmed, next due ('' for never), text that differs once the log or what groups have
-- committed has moved}
-- @errors TOPIC_NOT_FOUND
-- @include clock
-- @include open_partition
-- @include promote_delayed
-- @include trim_log
-- @include wake_waiting
-- O(steps x log n + groups). Repeating it is harmless.
now = clock(now)
local meta = open_partition(meta_key, topic_id)
if not meta then return redis.error_reply('TOPIC_NOT_FOUND The topic does not exist') end
local keys = {
  meta = meta_key, log = log_key, marks = marks_key, floors = floors_key, delayed = delayed_key, bodies = bodies_key,
  promoted0 = promoted0_key, promoted1 = promoted1_key,
}
local promoted = promote_delayed(keys, meta, now, tonumber(steps))
local trimmed = trim_log(keys, meta, now, tonumber(steps))
if promoted > 0 then wake_waiting(channel, meta, 0) end
save_record(meta_key, meta)
local place = { text(meta.startOffset), text(meta.endOffset), text(meta.delayed) }
local floors = redis.call('HGETALL', floors_key)
for index = 2, #floors, 2 do place[#place + 1] = string.match(floors[index], '^[^,]*') end
return { now, promoted, trimmed and 1 or 0, meta.nextDueAt and text(meta.nextDueAt) or '', table.concat(place, ' ') }

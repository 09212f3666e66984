#!lua flags=allow-oom
-- @does Tells where a waiting line stands, the same to everybody, and calls the next places when that is due.
-- @keys line meta gate called admitted seen returned ...partitions
-- @args now topic_id version orders_group partitions pause_ms steps
-- The rest of the keys are, for each of the `partitions`, its meta, its state of the orders group and its floors. Places are called
-- at most once in `pause_ms`.
-- @returns {now, nonce, id, state, opens at, starts at, joined, shuffled ('' before the start), commitment, seed ('' before
-- the start), serving, head, heartbeat ms, admission ms, rate ('' while unknown), lag, called, admitted, returned}, or
-- {orders group} when the line has another one
-- @errors TOPIC_NOT_FOUND, STALE_TOPIC, LINE_NOT_FOUND
-- @include clock
-- @include open_line
-- @include orders_lag
-- @include advance_line
-- O(partitions + steps), whatever the number of visitors. Repeating it is harmless.
local line, unknown = open_line(line_key, meta_key, gate_key, topic_id, version, clock(now))
if not line then return unknown end
if line.ordersGroup ~= orders_group then return { line.ordersGroup } end
local keys = { called = called_key, admitted = admitted_key, seen = seen_key, returned = returned_key }
local lag = orders_lag(tonumber(partitions), orders_group)
if line.shuffled and line.now - (line.advancedAt or 0) >= tonumber(pause_ms) then
  advance_line(keys, line, lag, tonumber(steps))
end
save_record(line_key, line)
local started = line.shuffled ~= nil
return {
  line.now, line.nonce, line.id, line_state(line), line.opensAt, line.startsAt, line.joined, line.shuffled or '',
  line.commitment, started and line.seed or '', line.serving, started and line.frontier or 0, line.heartbeatMs,
  line.admissionMs, line.rate and tostring(line.rate) or '', lag, redis.call('ZCARD', called_key),
  redis.call('ZCARD', admitted_key), redis.call('ZCARD', returned_key),
}

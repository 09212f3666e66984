#!lua flags=allow-oom
-- @does Notes that a visitor near the head of a waiting line is still there.
-- @keys line meta gate seen
-- @args now topic_id version nonce place
-- @returns {serving, 1 when it was noted, 0 when the place is not near the head or was called already}, or {code, retry after ms}
-- @errors TOPIC_NOT_FOUND, STALE_TOPIC, LINE_NOT_FOUND
-- @include clock
-- @include open_line
-- O(1). Only places of the head are noted, so what is kept is bounded by it.
local line, unknown = open_line(line_key, meta_key, gate_key, topic_id, version, clock(now))
if not line then return unknown end
if line.nonce ~= nonce then return { 'INVALID', 0 } end
if not line.shuffled then return { 'LINE_NOT_OPEN', line.startsAt - line.now } end
local member = place
place = tonumber(place)
save_record(line_key, line)
if place < line.serving or place >= line.frontier then return { line.serving, 0 } end
redis.call('HSET', seen_key, member, text(line.now))
return { line.serving, 1 }

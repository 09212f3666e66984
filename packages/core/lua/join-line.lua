#!lua
-- @does Gives a visitor the next number of a waiting line, or the one that he got before under the same key.
-- @keys line meta gate joins0 joins1
-- @args now topic_id version key most
-- `key` is an idempotency key, or ''; `most` is how many visitors a line may have.
-- @returns {nonce, number, 1 for a repeat, state, id}, or {'', code, retry after ms}
-- @errors TOPIC_NOT_FOUND, STALE_TOPIC, LINE_NOT_FOUND
-- @include clock
-- @include open_line
-- @include rotating_hashes
-- O(1). A key is remembered for ten minutes at least.
local line, unknown = open_line(line_key, meta_key, gate_key, topic_id, version, clock(now))
if not line then return unknown end
local state = line_state(line)
if state == 'announced' then return { '', 'LINE_NOT_OPEN', line.opensAt - line.now } end

local joins, older
if key ~= '' then
  joins, older = rotating_hashes(joins0_key, joins1_key, line_key, 'joinPeriod', line.now, 600000)
  local known = redis.call('HGET', joins, key) or redis.call('HGET', older, key)
  if known then
    save_record(line_key, line)
    return { line.nonce, tonumber(known), 1, state, line.id }
  end
end
if state == 'ended' then return { '', 'SOLD_OUT', 0 } end
if line.joined >= tonumber(most) then return { '', 'OVERLOADED', 60000 } end

local second = math.floor(line.now / 1000)
local joined_now = line.joinSecond == second and line.joinsOfSecond or 0
if joined_now >= line.joinsPerSecond then return { '', 'OVERLOADED', (second + 1) * 1000 - line.now } end
change(line, 'joinSecond', second)
change(line, 'joinsOfSecond', joined_now + 1)
change(line, 'clockAt', line.now)
local number = line.joined
change(line, 'joined', number + 1)
if key ~= '' then redis.call('HSET', joins, key, text(number)) end
save_record(line_key, line)
return { line.nonce, number, 0, state, line.id }

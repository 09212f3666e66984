#!lua
-- @does Appends a vector of units to a partition, each admitted or refused as a whole.
-- @keys meta log marks floors delayed bodies appenders0 appenders1 repeats0 repeats1 promoted0 promoted1 gate? gate_keys? gate_expiry? line? line_admitted? line_used? ...other_metas
-- @args now topic_id version channel appender sequence repeat_window_ms ...units
-- Each unit is seven arguments: count, body, due_at (a time, `+ms` from now, or ''), idempotency key ('' for none), hash of the message,
-- gate key, units of stock with an admission behind them (see `admit_visitor`). The metas of the topic's other partitions
-- are given when the gate has a capacity.
-- @returns one line: now, end, backlog, how many ms that will take (`-` for unknown), oldest_at, then for each unit its
-- first offset, `d<delayed id>`, either with `=` in front when it repeats an earlier one, or a code of the error table,
-- with `:` and after how many ms there may be room where that is known
-- @errors TOPIC_NOT_FOUND, STALE_TOPIC, INTERNAL when a call older than the last one comes again
-- @include clock
-- @include open_partition
-- @include rotating_hashes
-- @include append_unit
-- @include promote_delayed
-- @include wake_waiting
-- @include admit_unit
-- @include admit_visitor
-- O(units + log n). A repeated call (same appender and sequence) is given its first answer.
now = clock(now)
local keys = {
  meta = meta_key, log = log_key, marks = marks_key, floors = floors_key, delayed = delayed_key, bodies = bodies_key,
  promoted0 = promoted0_key, promoted1 = promoted1_key,
}
local meta = open_partition(meta_key, topic_id)
if not meta then return redis.error_reply('TOPIC_NOT_FOUND The topic does not exist') end

local calls, older_calls = rotating_hashes(appenders0_key, appenders1_key, meta_key, 'appenderPeriod', now, 600000)
local last_call = redis.call('HGET', calls, appender) or redis.call('HGET', older_calls, appender)
if last_call then
  local last_sequence, answer = string.match(last_call, '^(%d+);(.*)$')
  if last_sequence == sequence then
    -- Written once more, so that a WAIT behind it speaks of this connection's writes.
    redis.call('HSET', calls, appender, last_call)
    return answer
  end
  if tonumber(last_sequence) > tonumber(sequence) then
    return redis.error_reply('INTERNAL A later call of this appender was already answered')
  end
end
-- Behind the answer to a repeat: what is in the log already must not go to another partition because the topic grew since.
if text(meta.version) ~= version then return redis.error_reply('STALE_TOPIC ' .. text(meta.version)) end

local end_before = meta.endOffset
promote_delayed(keys, meta, now, 100)

-- What is known of the idempotency keys, asked for all units at once; what this call adds is written at its end.
local asked, known_places, new_places = {}, {}, {}
for index = 8, #ARGV, 7 do
  if ARGV[index + 3] ~= '' then asked[#asked + 1] = ARGV[index + 3] end
end
local repeats, older_repeats
if #asked > 0 then
  repeats, older_repeats =
    rotating_hashes(repeats0_key, repeats1_key, meta_key, 'repeatPeriod', now, tonumber(repeat_window_ms))
  for _, places in ipairs({ older_repeats, repeats }) do
    for position, place in ipairs(redis.call('HMGET', places, unpack(asked))) do
      if place then known_places[asked[position]] = place end
    end
  end
end
local function known_repeat(key, hash)
  local known = known_places[key]
  if not known then return nil end
  local place, known_hash = string.match(known, '^(d?%d+),(.*)$')
  return known_hash == hash and '=' .. place or 'IDEMPOTENCY_CONFLICT'
end

local gate = gate_key and open_gate(meta_key, gate_key)
local line = gate and redis.call('HMGET', line_key, 'topicId', 'nonce')
local line_nonce = line and line[1] == topic_id and line[2]
local other_backlog, other_rate = 0, 0
for index = 20, #KEYS do
  local other = redis.call('HMGET', KEYS[index], 'startOffset', 'endOffset', 'delayed', 'floor', 'floorRate')
  -- The floor is an empty text where the last group was removed.
  local lowest = math.max(tonumber(other[4] or '') or 0, tonumber(other[1] or '0'))
  other_backlog = other_backlog + tonumber(other[2] or '0') + tonumber(other[3] or '0') - lowest
  other_rate = other_rate + (tonumber(other[5] or '') or 0)
end
--- Behind the slowest group; delayed messages come on top of it.
local function in_line()
  return meta.endOffset - math.max(meta.floor or 0, meta.startOffset)
end
local function backlog()
  return in_line() + meta.delayed
end

--- The refusal of what finds no room, with the time in which so many messages will have left at the rate of now.
local function full_for(messages, rate)
  if rate < 0.001 then return 'BACKLOG_FULL' end
  return 'BACKLOG_FULL:' .. text(math.ceil(messages / rate * 1000))
end

local function refused(body, gate_name, terms)
  if meta.policy == 'queue' and meta.retentionBytes then
    local function full()
      return meta.appendedBytes - meta.trimmedBytes + #body > meta.retentionBytes
    end
    if full() then trim_log(keys, meta, now, 8, #body) end
    if full() then
      -- Room is made by the mark, not by the message.
      local over = math.max(meta.appendedBytes - meta.trimmedBytes + #body - meta.retentionBytes, meta.markEveryBytes)
      local mean = (meta.appendedBytes - meta.trimmedBytes) / math.max(1, meta.endOffset - meta.startOffset)
      return full_for(over / math.max(1, mean), meta.floorRate or 0)
    end
  end
  if not gate then return nil end
  local code = line_nonce and visitor_refusal(line_nonce, line_used_key, terms, now)
  if code then return code end
  local stock_units = tonumber(string.match(terms, '^%d+'))
  code = admit_unit(gate, gate_keys_key, gate_expiry_key, gate_name, stock_units, backlog() + other_backlog, now)
  if code then
    gate.refused = gate.refused + 1
  elseif line_nonce then
    note_visitor_admitted(line_admitted_key, line_used_key, terms)
  end
  if code == 'BACKLOG_FULL' then
    return full_for(backlog() + other_backlog - gate.capacity + 1, (meta.floorRate or 0) + other_rate)
  end
  return code
end

local function store(count, body, due_at)
  if string.sub(due_at, 1, 1) == '+' then due_at = text(now + tonumber(due_at)) end
  if due_at == '' or tonumber(due_at) <= now then return text(append_unit(keys, meta, count, body, now)) end
  local id = meta.delayedSequence
  local member = string.format('%016.0f', id)
  redis.call('ZADD', delayed_key, due_at, member)
  redis.call('HSET', bodies_key, member, body)
  change(meta, 'delayedSequence', id + 1)
  change(meta, 'delayed', meta.delayed + 1)
  if not meta.nextDueAt or tonumber(due_at) < meta.nextDueAt then
    change(meta, 'nextDueAt', tonumber(due_at))
    wake_waiting(channel, meta, tonumber(due_at))
  end
  return 'd' .. text(id)
end

local results = {}
for index = 8, #ARGV, 7 do
  local count, body, due_at = tonumber(ARGV[index]), ARGV[index + 1], ARGV[index + 2]
  local key, hash = ARGV[index + 3], ARGV[index + 4]
  local result = key ~= '' and known_repeat(key, hash)
    or refused(body, ARGV[index + 5], ARGV[index + 6])
  if not result then
    result = store(count, body, due_at)
    if key ~= '' then
      known_places[key] = result .. ',' .. hash
      new_places[#new_places + 1] = key
      new_places[#new_places + 1] = known_places[key]
    end
  end
  results[#results + 1] = result
end

if #new_places > 0 then redis.call('HSET', repeats, unpack(new_places)) end
if gate then close_gate(gate, gate_key, gate_keys_key, gate_expiry_key, now) end
if meta.endOffset > end_before then wake_waiting(channel, meta, 0) end
save_record(meta_key, meta)
local waiting_now = in_line()
local takes = '-'
if waiting_now == 0 then
  takes = '0'
elseif (meta.floorRate or 0) >= 0.001 then
  takes = text(math.ceil(waiting_now / meta.floorRate * 1000))
end
local answer = string.format(
  '%.0f %.0f %.0f %s %.0f %s', now, meta.endOffset, backlog(), takes, waiting_now > 0 and meta.oldestAt or now,
  table.concat(results, ' ')
)
redis.call('HSET', calls, appender, sequence .. ';' .. answer)
return answer

-- @include text
-- @include hash_record
--- The waiting line in front of a topic's gate as a record, or nothing and the error to answer with. Its clock never goes
--- back, whatever a failover does to Redis's. Whoever comes first at or after the start notes how many had joined by then:
--- a join that comes later finds it noted, so the number stands. `remaining` is what the gate's stock has left.
local line_fields = {
  'topicId', 'nonce', 'id', 'opensAt', 'startsAt', 'ordersGroup', 'maxLag', 'admissionMs', 'headWindow', 'heartbeatMs',
  'joinsPerSecond', 'commitment', 'seed', 'joined', 'shuffled', 'serving', 'frontier', 'ripe', 'sample', 'sampleAt',
  'rateAt', 'rateServing', 'rate', 'clockAt', 'advancedAt', 'joinSecond', 'joinsOfSecond',
}
local line_texts = { topicId = true, nonce = true, id = true, ordersGroup = true, commitment = true, seed = true }
local function open_line(line_key, meta_key, gate_key, topic_id, version, now)
  local topic = redis.call('HMGET', meta_key, 'topicId', 'version', 'gateStock')
  if topic[1] ~= topic_id then return nil, redis.error_reply('TOPIC_NOT_FOUND The topic does not exist') end
  if topic[2] ~= version then return nil, redis.error_reply('STALE_TOPIC ' .. topic[2]) end
  local line = open_record(line_key, line_fields, line_texts)
  if line.topicId ~= topic_id then return nil, redis.error_reply('LINE_NOT_FOUND The topic has no waiting line') end
  line.now = math.max(now, line.clockAt or 0)
  if not line.shuffled and line.now >= line.startsAt then change(line, 'shuffled', line.joined) end
  local stock = tonumber(topic[3] or '')
  if stock then line.remaining = stock - tonumber(redis.call('HGET', gate_key, 'admitted') or '0') end
  return line
end

local function line_state(line)
  if line.shuffled then return line.remaining and line.remaining <= 0 and 'ended' or 'running' end
  return line.now < line.opensAt and 'announced' or 'open'
end

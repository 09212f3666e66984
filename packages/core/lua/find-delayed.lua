#!lua flags=no-writes
-- @does Finds delayed messages by their numbers.
-- @keys meta delayed promoted0 promoted1
-- @args now topic_id ...numbers
-- @returns {now, first offset that the log still has, end, {`<time>` at which it is due or `=<offset>`, or `<<offset>` when
-- all that is known is that it got one before that, for each}}
-- @errors TOPIC_NOT_FOUND
-- @include clock
-- @include open_partition
-- O(numbers).
now = clock(now)
local meta = open_partition(meta_key, topic_id)
if not meta then return redis.error_reply('TOPIC_NOT_FOUND The topic does not exist') end
local places = {}
for index = 3, #ARGV do
  local due_at = redis.call('ZSCORE', delayed_key, string.format('%016.0f', tonumber(ARGV[index])))
  local offset = not due_at
    and (redis.call('HGET', promoted0_key, ARGV[index]) or redis.call('HGET', promoted1_key, ARGV[index]))
  if due_at then
    places[#places + 1] = text(tonumber(due_at))
  elseif offset then
    places[#places + 1] = '=' .. offset
  else
    places[#places + 1] = '<' .. (redis.call('HGET', meta_key, 'promotedEnd') or text(meta.endOffset))
  end
end
return { now, meta.startOffset, meta.endOffset, places }

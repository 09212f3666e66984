#!lua flags=allow-oom
-- @does Hands messages that lanes had of a partition back to it, one piece after the other; the last one ends its time on lanes.
-- @keys meta floors state outstanding due holders
-- @args now topic_id channel group group_id era token piece next acked dead_lettered expired ...retries
-- `era` is '' where the lanes never had anything of the partition, `lost` where there are none. `token` names the closing and `piece` counts from 0; `next` is '' but for the last piece: the first offset that was
-- never handed out. `acked` and so on are what the lanes counted. The rest are retries: due time, how many are to be handed
-- out together (0 for any), number of segments, and first, last, attempts of each.
-- @returns 1 when the partition is not on lanes of this era any more, else 0
-- @errors TOPIC_NOT_FOUND, GROUP_NOT_FOUND
-- @include clock
-- @include open_group_in_partition
-- @include holder
-- @include segments
-- @include enter_lanes
-- @include settle_cursor
-- @include wake_waiting
-- O(segments). A piece that was handed back before changes nothing.
now = clock(now)
local meta, state, unknown = open_group_in_partition(meta_key, topic_id, state_key, group_id)
if unknown then return unknown end
if not state.lanes then return 1 end
local next_offset = tonumber(ARGV[9])
if era == '' then
  -- The lanes never had anything of it; when it has dealt with them, they are asked again.
  if state.lanesKnown == state.lanes then return 0 end
  next_offset = state.next
elseif era == 'lost' then
  next_offset = math.max(meta.startOffset, math.min(state.next, state.lanesCommitted or state.next))
elseif state.lanes ~= tonumber(era) then
  return 1
end
local keys = {
  meta = meta_key, floors = floors_key, state = state_key, outstanding = outstanding_key, due = due_key,
  holders = holders_key,
}
local returned = redis.call('HGET', state_key, 'returned') or ''
local known_token, known_piece = string.match(returned, '^(%S+) (%d+)$')
local before = known_token == token and tonumber(known_piece) or -1
if tonumber(era) and before ~= tonumber(piece) - 1 then return 0 end
local function drop(id)
  local holder = read_holder(holders_key, id)
  remove_holder(keys, id)
  change(state, 'retrying', state.retrying - count_messages(holder.segments))
end
if piece == '0' and tonumber(era) then
  -- Of a closing that was called off: the lanes have these messages still.
  for _, id in ipairs(redis.call('HKEYS', holders_key)) do
    if string.sub(id, 1, 6) == 'lanes:' then drop(id) end
  end
end
local index, number = 13, 0
while ARGV[index] do
  number = number + 1
  local holder = {
    id = 'lanes:' .. token .. ':' .. piece .. ':' .. number, kind = 'retry', due = tonumber(ARGV[index]),
    piece = tonumber(ARGV[index + 1]), segments = {},
  }
  local last = index + 2 + 3 * tonumber(ARGV[index + 2])
  for at = index + 3, last do holder.segments[#holder.segments + 1] = tonumber(ARGV[at]) end
  write_holder(keys, holder)
  change(state, 'retrying', state.retrying + count_messages(holder.segments))
  index = last + 1
end
redis.call('HSET', state_key, 'returned', token .. ' ' .. piece)
if not next_offset then
  save_record(state_key, state)
  return 0
end
change(state, 'acked', state.acked + tonumber(acked))
change(state, 'deadLettered', state.deadLettered + tonumber(dead_lettered))
change(state, 'expired', state.expired + tonumber(expired))
change(state, 'next', next_offset)
change(state, 'lanes', nil)
change(state, 'lanesHeld', nil)
change(state, 'lanesEnded', nil)
change(state, 'soughtBack', 1)
redis.call(
  'HSET', state_key, 'base', text(state.next), 'endedAtBase',
  text(state.acked + state.deadLettered + state.expired + state.inFlight + state.retrying), 'redrivenAtBase',
  text(state.redriven)
)
enter_lanes(state)
wake_waiting(channel, meta, 0)
settle_cursor(keys, meta, state, group, now)
return 1

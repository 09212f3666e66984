#!lua flags=allow-oom
-- @does Moves a group's cursor in a partition; whatever was leased or waiting for a retry there is dropped.
-- @keys meta floors state outstanding due holders
-- @args now topic_id channel group group_id target
-- `target` is an offset, earliest or latest.
-- @returns {the offset that the group continues at, era of its lanes (0 without lanes), the log's start}
-- @errors TOPIC_NOT_FOUND, GROUP_NOT_FOUND, OFFSET_OUT_OF_RANGE
-- @include clock
-- @include open_group_in_partition
-- @include begin_era
-- @include settle_cursor
-- @include wake_waiting
-- O(1), but for unlinking the holders. Repeating it is harmless but for leases given in between: they are lost.
now = clock(now)
local meta, state, unknown = open_group_in_partition(meta_key, topic_id, state_key, group_id)
if unknown then return unknown end
local keys = { meta = meta_key, floors = floors_key, state = state_key, outstanding = outstanding_key }
local offset = tonumber(target)
if target == 'earliest' then offset = meta.startOffset end
if target == 'latest' then offset = meta.endOffset end
if offset < meta.startOffset or offset > meta.endOffset then
  return redis.error_reply(
    'OFFSET_OUT_OF_RANGE ' .. text(offset) .. ' is not between ' .. text(meta.startOffset) .. ' and '
      .. text(meta.endOffset)
  )
end
redis.call('UNLINK', outstanding_key, due_key, holders_key)
redis.call(
  'HSET', state_key, 'base', text(offset), 'endedAtBase', text(state.acked + state.deadLettered + state.expired),
  'redrivenAtBase', text(state.redriven)
)
if offset < state.next then change(state, 'soughtBack', 1) end
change(state, 'next', offset)
if state.lanes then begin_era(state, offset) end
change(state, 'inFlight', 0)
change(state, 'retrying', 0)
wake_waiting(channel, meta, 0)
settle_cursor(keys, meta, state, group, now)
return { offset, state.lanes or 0, meta.startOffset }

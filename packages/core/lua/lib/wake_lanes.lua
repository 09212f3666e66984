-- @include text
-- @include hash_record
--- Tells waiting consumers of a group on lanes that something may be had (due 0) or will be at a time.
local function wake_lanes(channel, state, due_at)
  if not state.waiting then return end
  redis.call('PUBLISH', channel, text(math.ceil(due_at)))
  if due_at == 0 then change(state, 'waiting', nil) end
end

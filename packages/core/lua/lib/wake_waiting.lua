-- @include text
-- @include hash_record
--- Tells waiting consumers of a partition that something is there (due 0) or will be due at a time. Costs nothing
--- when nobody left a mark; the mark goes once everybody has been told to look.
local function wake_waiting(channel, meta, due_at)
  if not meta.waiting then return end
  redis.call('PUBLISH', channel, text(due_at))
  if due_at == 0 then change(meta, 'waiting', nil) end
end

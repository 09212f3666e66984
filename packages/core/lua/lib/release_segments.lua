-- @include holder
-- @include fresh_holder_id
-- @include segments
-- @include hash_record
--- Gives messages back as if they had never been handed out: behind the cursor where they were the last that it handed
--- out (lanes go on from the cursor meanwhile, so not there), else as a retry that is due now. Segments carry the deliveries before this one. The caller counts what is in
--- flight; what becomes a retry is counted here.
local function release_segments(keys, group, segments, holder_id, now)
  local size = #segments
  if size > 0 and not group.lanes and segments[size - 1] == group.next - 1 and segments[size] == 0 then
    change(group, 'next', segments[size - 2])
    for _ = 1, 3 do table.remove(segments) end
  end
  if #segments == 0 then return end
  local id = fresh_holder_id(keys.holders, holder_id)
  write_holder(keys, { id = id, kind = 'retry', due = now, segments = segments })
  change(group, 'retrying', group.retrying + count_messages(segments))
end

-- @include holder
-- @include fresh_holder_id
-- @include segments
-- @include hash_record
--- An expired lease becomes what its messages now are: a retry for those with attempts left, exhausted for the others.
--- A retry of this kind comes back in pieces (an eighth each time, single messages for the last attempt), so that one
--- poison message takes no neighbours with it. Each run of one fate is a holder of its own, so order is kept.
--- A retry goes the same way when the limit of attempts was lowered under it.
local function expire_holder(keys, group, holder, now)
  remove_holder(keys, holder.id)
  local total = count_messages(holder.segments)
  local run
  local runs = 0
  for index = 1, #holder.segments, 3 do
    local first, last, attempt = holder.segments[index], holder.segments[index + 1], holder.segments[index + 2]
    local kind = attempt >= group.maxDeliveries and 'exhausted' or 'retry'
    local piece = 0
    if kind == 'retry' then piece = attempt + 1 >= group.maxDeliveries and 1 or math.ceil(total / 8) end
    if not run or run.kind ~= kind or run.piece ~= piece then
      if run then write_holder(keys, run) end
      runs = runs + 1
      local id = fresh_holder_id(keys.holders, holder.id .. ':e' .. runs)
      run = { id = id, kind = kind, due = now, piece = piece, segments = {} }
      if kind == 'exhausted' then run.reason = 'The last attempt was not settled before its deadline' end
    end
    add_segment(run.segments, first, last, attempt)
  end
  write_holder(keys, run)
  if holder.kind == 'lease' then
    change(group, 'inFlight', group.inFlight - total)
    change(group, 'retrying', group.retrying + total)
  end
end

--- Whether a message of a retry has no attempt left.
local function has_exhausted(group, segments)
  for index = 3, #segments, 3 do
    if segments[index] >= group.maxDeliveries then return true end
  end
  return false
end

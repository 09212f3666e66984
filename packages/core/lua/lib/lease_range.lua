-- @include holder
-- @include segments
-- @include hash_record
--- Gives messages to a consumer. From a retry: at most `limit`, the front first, the rest stays a retry. What the log
--- no longer has is counted as expired. Returns the lease, or nil when nothing of the retry was left.
local function lease_retry(keys, meta, group, retry, lease, limit)
  local segments, lost = clip_segments(retry.segments, meta.startOffset)
  if lost > 0 then
    change(group, 'expired', group.expired + lost)
    change(group, 'retrying', group.retrying - lost)
  end
  remove_holder(keys, retry.id)
  if #segments == 0 then return nil end
  if retry.piece > 0 then limit = math.min(limit, retry.piece) end
  local taken, rest = split_segments(segments, limit)
  for index = 3, #taken, 3 do taken[index] = taken[index] + 1 end
  lease.segments = taken
  write_holder(keys, lease)
  if #rest > 0 then
    retry.segments = rest
    write_holder(keys, retry)
  end
  local count = count_messages(taken)
  change(group, 'retrying', group.retrying - count)
  change(group, 'inFlight', group.inFlight + count)
  return lease
end

--- How many new messages a bound in bytes allows, by the mean size of what the log holds; at least one.
local function fit_messages(meta, max_messages, max_bytes)
  local held = meta.endOffset - meta.startOffset
  local mean = (meta.appendedBytes - meta.trimmedBytes) / math.max(held, 1)
  return math.max(1, math.min(max_messages, math.floor(max_bytes / math.max(mean, 1))))
end

--- The next new messages from the cursor, or nil at the end of the log.
local function lease_new(keys, meta, group, lease, limit)
  if group.next >= meta.endOffset then return nil end
  local last = math.min(meta.endOffset, group.next + limit) - 1
  add_segment(lease.segments, group.next, last, 1)
  write_holder(keys, lease)
  change(group, 'inFlight', group.inFlight + last - group.next + 1)
  change(group, 'next', last + 1)
  return lease
end

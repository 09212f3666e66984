-- @include holder
-- @include segments
-- @include hash_record
--- What a failover in the middle of a slot's migration can do to a group: some of its keys are as they were, others are
--- gone. Holders that are missing from an index are put back; when all holders are gone, the cursor goes back to where the
--- group had committed, so that what they held is delivered again. To be called before the cursor is settled, which takes
--- what is not held for ended. O(1) when all is well, else O(holders).
local function mend_group(keys, meta, group)
  local held = redis.call('HLEN', keys.holders)
  local indexed = redis.call('ZCARD', keys.outstanding) == held and redis.call('ZCARD', keys.due) == held
  if indexed and (held > 0) == (group.inFlight + group.retrying > 0) then return end
  redis.call('UNLINK', keys.outstanding, keys.due)
  local in_flight, retrying = 0, 0
  for _, id in ipairs(redis.call('HKEYS', keys.holders)) do
    local holder = read_holder(keys.holders, id)
    write_holder(keys, holder)
    local count = count_messages(holder.segments)
    if holder.kind == 'lease' then in_flight = in_flight + count else retrying = retrying + count end
  end
  if in_flight + retrying == 0 then
    change(group, 'next', math.max(meta.startOffset, math.min(group.next, group.floor or group.next)))
    change(group, 'soughtBack', 1)
  end
  change(group, 'inFlight', in_flight)
  change(group, 'retrying', retrying)
  local ended = group.acked + group.deadLettered + group.expired
  redis.call(
    'HSET', keys.state, 'base', text(group.next), 'endedAtBase', text(ended + in_flight + retrying), 'redrivenAtBase',
    text(group.redriven)
  )
end

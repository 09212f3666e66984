-- @include text
-- @include hash_record
-- @include lowest_floor
--- Removes from the front what retention no longer keeps, at most `steps` marks a call. The limit wins in a topic
--- with policy `log`; with policy `queue` nothing goes that a group which is not idle has not acknowledged.
--- `extra_bytes` is what is about to be appended. Returns whether anything was removed.
local function trim_log(keys, meta, now, steps, extra_bytes)
  if not meta.retentionMs and not meta.retentionBytes then return false end
  local function over_bytes()
    local retained = meta.appendedBytes - meta.trimmedBytes + (extra_bytes or 0)
    return meta.retentionBytes and retained > meta.retentionBytes
  end
  local too_old = meta.retentionMs and now - meta.retentionMs or -1
  local marks = redis.call('ZRANGE', keys.marks, 0, steps, 'WITHSCORES')
  if #marks == 0 or not (over_bytes() or tonumber(marks[2]) <= too_old) then return false end
  local floor = math.huge
  if meta.policy == 'queue' then
    floor = lowest_floor(keys.floors, now - (meta.idleMs or 0)) or (meta.floor and math.huge or meta.startOffset)
  end
  local target, target_bytes, passed = nil, nil, 0
  for index = 3, #marks, 2 do
    local offset, bytes = string.match(marks[index], '^(%d+):(%d+)$')
    offset = tonumber(offset)
    if offset > floor or not (over_bytes() or tonumber(marks[index + 1]) <= too_old) then break end
    target, target_bytes, passed = offset, tonumber(bytes), passed + 1
    change(meta, 'trimmedBytes', target_bytes)
  end
  local behind_last_mark = passed + 1 == #marks / 2 and #marks / 2 <= steps
  if behind_last_mark and floor >= meta.endOffset and meta.endOffset > meta.startOffset then
    local whole_log_too_old = (meta.lastAppendAt or now) <= too_old
    local queue_over_bytes = meta.policy == 'queue' and over_bytes()
    if whole_log_too_old or queue_over_bytes then
      target, passed = meta.endOffset, passed + 1
      change(meta, 'trimmedBytes', meta.appendedBytes)
      change(meta, 'markAt', nil)
    end
  end
  if not target then return false end
  change(meta, 'startOffset', target)
  redis.call('XTRIM', keys.log, 'MINID', text(target) .. '-0')
  redis.call('ZREMRANGEBYRANK', keys.marks, 0, passed - 1)
  return true
end

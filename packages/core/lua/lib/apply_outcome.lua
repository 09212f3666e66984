-- @include segments
--- The pieces of a lease with what happens to each: {first, last, attempt, code, delay, reason} in order of offsets.
--- `ranges` are first, last, code, delay, reason, flat, sorted and disjoint; what they do not name gets the default.
--- Returns nil and the offset that does not belong to the lease when there is one.
local function apply_outcome(lease, ranges, default_code)
  local pieces, at = {}, 1
  local function add(first, last, attempt, code, delay, reason)
    if first <= last then pieces[#pieces + 1] = { first, last, attempt, code, delay, reason } end
  end
  for index = 1, #ranges, 5 do
    if ranges[index] < lease.from then return nil, ranges[index] end
    if ranges[index + 1] > lease.to then return nil, ranges[index + 1] end
  end
  for index = 1, #lease.segments, 3 do
    local position, last, attempt = lease.segments[index], lease.segments[index + 1], lease.segments[index + 2]
    while position <= last do
      while ranges[at] and ranges[at + 1] < position do at = at + 5 end
      local first_named = ranges[at]
      if not first_named or first_named > last then
        add(position, last, attempt, default_code, '', '')
        position = last + 1
      else
        add(position, first_named - 1, attempt, default_code, '', '')
        local first, till = math.max(position, first_named), math.min(last, ranges[at + 1])
        add(first, till, attempt, ranges[at + 2], ranges[at + 3], ranges[at + 4])
        position = till + 1
      end
    end
  end
  return pieces
end

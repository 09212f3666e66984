-- @include hash_record
--- Lets the group's lanes begin at an offset of a partition. Each beginning is an era, so that the lanes tell what they know
--- of it from what they knew before; `at_least` is the last one that they know of. When the partition comes to lanes, a
--- new million of eras begins: what the lanes counted before was handed back with it.
local era_span = 1000000
local function begin_era(group, first, at_least, comes)
  local last = math.max(group.eras or 0, at_least or 0)
  change(group, 'eras', comes and (math.floor(last / era_span) + 1) * era_span or last + 1)
  change(group, 'lanes', group.eras)
  change(group, 'lanesKnown', nil)
  change(group, 'lanesRevision', nil)
  change(group, 'lanesMended', nil)
  change(group, 'lanesHeld', nil)
  change(group, 'lanesNext', first)
  change(group, 'lanesCommitted', first)
  change(group, 'next', first)
end

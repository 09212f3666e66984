-- @include hash_record
--- Lets the group's lanes begin at an offset of a partition. Each beginning is an era, so that the lanes tell what they know
--- of it from what they knew before; `at_least` is the last one that they know of.
local function begin_era(group, first, at_least)
  change(group, 'eras', math.max(group.eras or 0, at_least or 0) + 1)
  change(group, 'lanes', group.eras)
  change(group, 'lanesKnown', nil)
  change(group, 'lanesRevision', nil)
  change(group, 'lanesHeld', nil)
  change(group, 'lanesNext', first)
  change(group, 'lanesCommitted', first)
  change(group, 'next', first)
end

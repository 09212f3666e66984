-- @include begin_era
--- Hands a partition over to the group's lanes where its settings ask for them: from then on they go on from the cursor,
--- and what is leased or retried here ends or is moved over. A partition that is on lanes of another scheme, or of none
--- any more, stays there until they hand it back.
local function enter_lanes(group)
  if group.lanes or not group.scheme then return end
  change(group, 'lanesScheme', group.scheme)
  begin_era(group, group.next, nil, true)
end

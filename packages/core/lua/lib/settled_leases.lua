-- @include hash_record
--- The two hashes that remember settled leases and their answers; they change turns after a minute or 16,384 leases, so
--- an answer is kept for at least that long and memory is bounded.
local function settled_leases(keys, group, now)
  local turn = group.settledTurn or 0
  local size = redis.call('HLEN', turn == 0 and keys.settled0 or keys.settled1)
  if size >= 16384 or (size > 0 and now - (group.settledAt or 0) >= 60000) then
    turn = 1 - turn
    redis.call('UNLINK', turn == 0 and keys.settled0 or keys.settled1)
    change(group, 'settledTurn', turn)
    change(group, 'settledAt', now)
  end
  if turn == 0 then return keys.settled0, keys.settled1 end
  return keys.settled1, keys.settled0
end

--- An id that no holder has. A lease's id may come twice: a repeat of its acquire, late, when the lease had expired and its
--- messages were on their way again, makes another lease of the same id. What becomes of that one must not take the place of what is
--- left of the first, which is kept under ids made of it. O(holders of that id).
local function fresh_holder_id(holders_key, id)
  local fresh, number = id, 1
  while redis.call('HEXISTS', holders_key, fresh) == 1 do
    number = number + 1
    fresh = id .. '.' .. number
  end
  return fresh
end

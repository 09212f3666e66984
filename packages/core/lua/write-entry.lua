#!lua
-- @does Writes a field of a registry if it still reads as expected.
-- @keys registry
-- @args field expected value
-- `expected` is '' for a field that must not be there, `value` is '' to remove it.
-- @returns 1 when it was written, else 0
-- O(1). Repeating it answers 0 and changes nothing.
local current = redis.call('HGET', registry_key, field) or ''
if current ~= expected then return 0 end
if value == '' then
  redis.call('HDEL', registry_key, field)
else
  redis.call('HSET', registry_key, field, value)
end
return 1

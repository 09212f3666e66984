#!lua flags=allow-oom
-- @does Gives the stock that an admitted message took back to the gate, once.
-- @keys gate gate_credits
-- @args place units
-- @returns {1 when it was credited now else 0, admitted after it}
-- O(1). Repeating it credits nothing twice.
local credited = redis.call('HSETNX', gate_credits_key, place, units)
if credited == 1 then
  redis.call('HINCRBY', gate_key, 'admitted', -tonumber(units))
  redis.call('HINCRBY', gate_key, 'credited', units)
end
return { credited, tonumber(redis.call('HGET', gate_key, 'admitted') or '0') }

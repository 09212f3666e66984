--- Sends one command with a key (and an option, if one is given) and a list of any length, so many arguments at a time.
--- Returns the sum of the answers.
local function in_chunks(list, command, key, option)
  local sum = 0
  for start = 1, #list, 2000 do
    local last = math.min(#list, start + 1999)
    local answer
    if option then
      answer = redis.call(command, key, option, unpack(list, start, last))
    else
      answer = redis.call(command, key, unpack(list, start, last))
    end
    if type(answer) == 'number' then sum = sum + answer end
  end
  return sum
end

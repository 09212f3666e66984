--- Sends one command with a list of any length, so many arguments at a time. Returns the sum of the answers.
local function in_chunks(list, command, ...)
  local sum, step = 0, 2000
  local head = { ... }
  for start = 1, #list, step do
    local arguments = {}
    for index = 1, #head do arguments[index] = head[index] end
    local size = #head
    for index = start, math.min(#list, start + step - 1) do
      size = size + 1
      arguments[size] = list[index]
    end
    local answer = redis.call(command, unpack(arguments))
    if type(answer) == 'number' then sum = sum + answer end
  end
  return sum
end

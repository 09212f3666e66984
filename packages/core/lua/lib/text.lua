--- A whole number as text, without an exponent at any size that a double holds exactly.
local function text(number)
  return string.format('%.0f', number)
end

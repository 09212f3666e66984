--- A number as text that reads back as the same number.
local function fine_text(number)
  return string.format('%.17g', number)
end

-- @include text
--- A hash as a record that remembers what was changed, so that one HSET writes it back. Fields are numbers but for
--- the named texts; an empty text reads as nil.
local function open_record(key, fields, texts)
  local values = redis.call('HMGET', key, unpack(fields))
  local record = { changes = {} }
  for index, field in ipairs(fields) do
    local value = values[index]
    if value and value ~= '' then record[field] = texts[field] and value or tonumber(value) end
  end
  return record
end

local function change(record, field, value)
  record[field] = value
  record.changes[field] = value == nil and '' or value
end

local function save_record(key, record)
  local list = {}
  for field, value in pairs(record.changes) do
    list[#list + 1] = field
    if type(value) == 'number' then value = value % 1 == 0 and text(value) or string.format('%.17g', value) end
    list[#list + 1] = value
  end
  record.changes = {}
  if #list > 0 then redis.call('HSET', key, unpack(list)) end
end

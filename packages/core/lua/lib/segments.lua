--- Segments are a flat list of first, last, attempt in order of offsets.
local function count_messages(segments)
  local count = 0
  for index = 1, #segments, 3 do count = count + segments[index + 1] - segments[index] + 1 end
  return count
end

--- Adds a segment at the end, joined to the one before where it continues it.
local function add_segment(segments, first, last, attempt)
  local size = #segments
  if size > 0 and segments[size - 1] + 1 == first and segments[size] == attempt then
    segments[size - 1] = last
  else
    segments[size + 1], segments[size + 2], segments[size + 3] = first, last, attempt
  end
end

--- What of the segments lies at or behind `start`, and how many messages lie before it.
local function clip_segments(segments, start)
  if segments[1] >= start then return segments, 0 end
  local kept, lost = {}, 0
  for index = 1, #segments, 3 do
    local first, last = segments[index], segments[index + 1]
    if first < start then
      lost = lost + math.min(last, start - 1) - first + 1
      first = start
    end
    if first <= last then add_segment(kept, first, last, segments[index + 2]) end
  end
  return kept, lost
end

--- The first `limit` messages of the segments, and the rest.
local function split_segments(segments, limit)
  local taken, rest, left = {}, {}, limit
  for index = 1, #segments, 3 do
    local first, last, attempt = segments[index], segments[index + 1], segments[index + 2]
    local cut = math.min(last, first + left - 1)
    if cut >= first then
      add_segment(taken, first, cut, attempt)
      left = left - (cut - first + 1)
    end
    if cut < last then add_segment(rest, math.max(first, cut + 1), last, attempt) end
  end
  return taken, rest
end

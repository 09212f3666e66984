--- How long a message waits before its next attempt: initial x factor^(attempt - 1), at most the group's longest.
local function backoff(group, attempt)
  local delay = group.backoffInitialMs * math.pow(group.backoffFactor, attempt - 1)
  return math.floor(math.min(delay, group.backoffMaxMs))
end

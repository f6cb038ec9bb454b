-- Read the same fields of several hashes.
--
-- KEYS   hashes
-- ARGV   fields
-- Returns the values, nil for missing ones: all fields of the first hash, then of the second, …
local found = {}
for i, key in ipairs(KEYS) do
  local values = redis.call('HMGET', key, unpack(ARGV))
  for j = 1, #ARGV do
    found[(i - 1) * #ARGV + j] = values[j]
  end
end
return found

-- Write down that contents lie in the object store, and where.
--
-- KEYS     photo hashes
-- ARGV 1   field
--      2   ttl, s
--      3…  what to write, one for each key
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, ARGV[1], ARGV[i + 2])
  redis.call('EXPIRE', key, ARGV[2])
end

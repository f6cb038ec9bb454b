-- Record where photo contents are stored in the object store.
--
-- KEYS 1   job     hash; nothing is written if it is missing or the job is cancelled
--      2…  photo hashes
-- ARGV 1   field
--      2   TTL, s
--      3…  location, one per photo hash
local state = redis.call('HGET', KEYS[1], 'state')
if not state or state == 'cancelled' then return end
for i = 2, #KEYS do
  redis.call('HSET', KEYS[i], ARGV[1], ARGV[i + 1])
  redis.call('EXPIRE', KEYS[i], ARGV[2])
end

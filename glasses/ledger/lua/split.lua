-- Replace a chunk whose attempts ran out by its halves, so that what kills workers stands alone.
--
-- KEYS 1 chunks   hash  chunk -> "state attempts priority queued-ms"
--      2 due      zset
--      3 waiting  zset of priority ARGV[7]
-- ARGV 1 chunk
--      2, 3 first half and the attempts that it is taken to have had
--      4, 5 second half, likewise
--      6 ttl      s
--      7 priority
-- Returns 1, or 0 when another worker has done so already.
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('ZREM', KEYS[2], ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 2, 4, 2 do
  redis.call('HSET', KEYS[1], ARGV[i], string.format('queued %s %s %d', ARGV[i + 1], ARGV[7], now))
  redis.call('ZADD', KEYS[3], now, ARGV[i])
end
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[6]) end
return 1

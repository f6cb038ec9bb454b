-- Set a chunk aside whose model no worker has: the reconciler sends it when one has it.
--
-- KEYS 1 chunks   hash  chunk -> "state attempts priority queued-ms"
--      2 due      zset
--      3… waiting zsets, one a priority
-- ARGV 1 chunk
--      2 ttl      s
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return end
for i = 3, #KEYS do redis.call('ZREM', KEYS[i], ARGV[1]) end
redis.call('ZADD', KEYS[2], 0, ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[2])

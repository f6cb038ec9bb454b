-- A chunk's process died or ran out of time: end its lease at once, so that it runs again soon.
--
-- The attempt stays counted. A run that another one has replaced meanwhile releases nothing.
--
-- KEYS 1 chunks   hash  chunk -> "state attempts priority queued-ms holder"
--      2 due      zset
--      3 waiting  zset of priority ARGV[3]
-- ARGV 1 chunk
--      2 holder   of the run that ended
--      3 priority at which its message is sent next
--      4 ttl      s
-- Returns 1 when the chunk has to be sent again, else 0.
local record = redis.call('HGET', KEYS[1], ARGV[1])
if not record then return 0 end
local attempts, holder = string.match(record, '^running (%d+) %d+ %d+ (.+)$')
if holder ~= ARGV[2] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], string.format('queued %s %s %d', attempts, ARGV[3], now))
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[3], now, ARGV[1])
redis.call('EXPIRE', KEYS[3], ARGV[4])
return 1

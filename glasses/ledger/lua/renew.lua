-- A worker is still at a chunk: push the end of its lease.
--
-- KEYS 1 job      hash
--      2 due      zset  running chunk -> when its lease ends, ms
-- ARGV 1 chunk
--      2 lease    ms
-- Returns 1, or 0 when the chunk is no longer wanted.
if redis.call('HGET', KEYS[1], 'state') == 'cancelled' then return 0 end
if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
local time = redis.call('TIME')
redis.call('ZADD', KEYS[2], time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2], ARGV[1])
return 1

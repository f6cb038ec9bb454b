-- Count a chunk's photos as submitted and note that its message is about to be sent.
--
-- KEYS 1 job      hash  counters, state
--      2 chunks   hash  chunk -> "state attempts priority queued-ms"
--      3 waiting  zset  chunk -> queued-ms, of this priority
-- ARGV 1 chunk    "start+count"
--      2 count    photos in it
--      3 priority
--      4 ttl      s
-- Returns "opened", or why not: "gone", "cancelled".
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return 'gone' end
if state == 'cancelled' then return 'cancelled' end
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return 'opened' end
if state ~= 'submitting' then
  -- The submitter was taken for dead (its machine slept), and lives.
  redis.call('HSET', KEYS[1], 'state', 'submitting')
  redis.call('HDEL', KEYS[1], 'finished', 'incomplete')
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[2], ARGV[1], string.format('queued 0 %s %d', ARGV[3], now))
redis.call('ZADD', KEYS[3], now, ARGV[1])
redis.call('HINCRBY', KEYS[1], 'submitted', ARGV[2])
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[4]) end
return 'opened'

-- Put a chunk that this worker may not take behind all that waits; its attempts stay what they are.
--
-- KEYS 1 chunks   hash  chunk -> "state attempts priority queued-ms"
--      2… waiting zsets, one a priority
-- ARGV 1 chunk
--      2 ttl      s
--      3… the priorities, in the order of KEYS[2…]
-- Returns the priority at which its message is sent next, or false: it is done, or it runs.
local record = redis.call('HGET', KEYS[1], ARGV[1])
if not record then return false end
local state, attempts, priority = string.match(record, '(%a+) (%d+) (%d+) %d+')
if state == 'running' then return false end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], string.format('queued %s %s %d', attempts, priority, now))
for i = 2, #KEYS do
  if ARGV[i + 1] == priority then
    redis.call('ZADD', KEYS[i], now, ARGV[1])
    redis.call('EXPIRE', KEYS[i], ARGV[2])
  end
end
return priority

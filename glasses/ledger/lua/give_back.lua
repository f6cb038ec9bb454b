-- A worker returns a chunk that it could not work on: as if it had never taken it.
--
-- A run that another one has replaced meanwhile returns nothing: the chunk is not its own.
--
-- KEYS 1 chunks   hash  chunk -> "state attempts priority queued-ms", and a holder while running
--      2 due      zset
--      3… waiting zsets, one a priority
-- ARGV 1 chunk
--      2 ttl      s
--      3 holder   of the run that returns it
--      4… the priorities, in the order of KEYS[3…]
local record = redis.call('HGET', KEYS[1], ARGV[1])
if not record then return end
local state, attempts, priority, holder = string.match(record, '(%a+) (%d+) (%d+) %d+ ?(.*)')
if state ~= 'running' or holder ~= ARGV[3] then return end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1],
  string.format('queued %d %s %d', math.max(attempts - 1, 0), priority, now))
redis.call('ZREM', KEYS[2], ARGV[1])
for i = 3, #KEYS do
  if ARGV[i + 1] == priority then
    redis.call('ZADD', KEYS[i], now, ARGV[1])
    redis.call('EXPIRE', KEYS[i], ARGV[2])
  end
end

-- Elect the reconciler and detect a clock that stepped back. Runs without the prelude.
--
-- KEYS 1 lock
--      2 clock  hash  `latest`: Redis' time at the last tick, ms; `stepped_at`, `stepped_by`, ms
-- ARGV 1 TTL of the lock, ms
--      2 smallest step back that counts, ms
--      3 TTL of the clock's hash, s
-- Returns {1 if the caller reconciles now, by how many ms the clock has just stepped back}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stepped = (tonumber(redis.call('HGET', KEYS[2], 'latest')) or now) - now
if stepped < tonumber(ARGV[2]) then stepped = 0 end
if stepped > 0 then
  redis.call('HSET', KEYS[2], 'latest', now, 'stepped_at', now, 'stepped_by', stepped)
  -- Its expiry was set by the clock before the step.
  redis.call('DEL', KEYS[1])
end
-- Before the first tick no step is detected: a lock from before it would expire too late.
if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[1]) then redis.call('DEL', KEYS[1]) end
if not redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[1]) then return {0, stepped} end
redis.call('HSET', KEYS[2], 'latest', now)
redis.call('EXPIRE', KEYS[2], ARGV[3])
return {1, stepped}

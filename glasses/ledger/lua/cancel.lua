-- Stop a job: photos without a verdict become cancelled, and later verdicts are refused.
--
-- KEYS 1 job      hash
--      2… chunks, due and waiting: dropped
-- Returns the job's state, or false when it is gone.
local state = redis.call('HGET', KEYS[1], 'state')
if not state or state == 'done' or state == 'cancelled' then return state end
local n = redis.call('HMGET', KEYS[1], 'submitted', 'classified', 'no_face', 'failed')
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'state', 'cancelled', 'cancelled', n[1] - n[2] - n[3] - n[4],
  'finished', string.format('%s.%06d', time[1], time[2]))
for i = 2, #KEYS do redis.call('DEL', KEYS[i]) end
return 'cancelled'

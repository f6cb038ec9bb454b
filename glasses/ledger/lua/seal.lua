-- Everything is submitted: from now on the job ends when its last photo has a verdict.
--
-- KEYS 1 job      hash
-- Returns the job's state, or false when it is gone.
local state = redis.call('HGET', KEYS[1], 'state')
if state ~= 'submitting' then return state end
local n = redis.call('HMGET', KEYS[1], 'submitted', 'classified', 'no_face', 'failed')
state = 'running'
if tonumber(n[1]) == n[2] + n[3] + n[4] then
  state = 'done'
  local time = redis.call('TIME')
  redis.call('HSET', KEYS[1], 'finished', string.format('%s.%06d', time[1], time[2]))
end
redis.call('HSET', KEYS[1], 'state', state)
return state

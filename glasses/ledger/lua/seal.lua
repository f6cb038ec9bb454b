-- Nothing more is submitted: from now on the job ends when its last photo has a verdict.
--
-- KEYS 1 job       hash
--      2 submitter string, there while the submitter lives
-- ARGV 1 how many photos were submitted, if that was all; else ""
--      2 "1" to seal only what a dead submitter left behind
-- Returns the job's state, or false when it is gone; "short" when a crash of Redis took back photos
-- that were counted: they must be opened again first.
local n = redis.call('HMGET', KEYS[1], 'state', 'submitted', 'classified', 'no_face', 'failed')
local state = n[1]
if state ~= 'submitting' then return state end
if ARGV[2] == '1' and redis.call('EXISTS', KEYS[2]) == 1 then return state end
if ARGV[1] ~= '' and tonumber(n[2]) < tonumber(ARGV[1]) then return 'short' end
redis.call('DEL', KEYS[2])
if ARGV[1] == '' then
  redis.call('HSET', KEYS[1], 'incomplete', 1)
else
  redis.call('HDEL', KEYS[1], 'incomplete')
end
state = 'running'
if tonumber(n[2]) == n[3] + n[4] + n[5] then
  state = 'done'
  local time = redis.call('TIME')
  redis.call('HSET', KEYS[1], 'finished', string.format('%s.%06d', time[1], time[2]))
end
redis.call('HSET', KEYS[1], 'state', state)
return state

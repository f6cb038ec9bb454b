-- A worker takes a chunk: count the attempt before any work, lease the chunk, say what is wanted.
--
-- KEYS 1 job      hash
--      2 rows     hash  photo number -> outcome
--      3 chunks   hash  chunk -> "state attempts priority queued-ms", and a holder while running
--      4 due      zset  running chunk -> when its lease ends, ms
--      5 begun    hash  priority -> latest queued-ms begun, of the job's lane
--      6… waiting zsets, one a priority
-- ARGV 1 chunk    "start+count"
--      2 start    first photo number
--      3 count
--      4 lease    ms
--      5 attempts allowed
--      6 model    "name@fingerprint" of the worker
--      7 threshold of the worker's model
--      8 ttl of `due` and `begun`, s
--      9 holder   names this run, so that only its own end releases it
-- Returns {answer, attempts, faces, threshold, wanted photo numbers…}; the answer is "begun" or
-- "gone", "cancelled", "done", "busy", "other_model", "exhausted".
local job = redis.call('HMGET', KEYS[1], 'state', 'model')
if not job[1] then return {'gone'} end
if job[1] == 'cancelled' then return {'cancelled'} end
local record = redis.call('HGET', KEYS[3], ARGV[1])
if not record then return {'done'} end
local state, attempts, priority, queued = string.match(record, '(%a+) (%d+) (%d+) (%d+)')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if state == 'running' and tonumber(redis.call('ZSCORE', KEYS[4], ARGV[1]) or 0) > now then
  return {'busy'}
end
if job[2] and job[2] ~= ARGV[6] then return {'other_model'} end
for i = 6, #KEYS do redis.call('ZREM', KEYS[i], ARGV[1]) end
if tonumber(redis.call('HGET', KEYS[5], priority) or 0) < tonumber(queued) then
  redis.call('HSET', KEYS[5], priority, queued)
end
redis.call('EXPIRE', KEYS[5], ARGV[8])
redis.call('ZADD', KEYS[4], now + ARGV[4], ARGV[1])
redis.call('EXPIRE', KEYS[4], ARGV[8])
if tonumber(attempts) >= tonumber(ARGV[5]) then return {'exhausted'} end
if not job[2] then redis.call('HSET', KEYS[1], 'model', ARGV[6]) end
redis.call('HSETNX', KEYS[1], 'threshold', ARGV[7])
redis.call('HSET', KEYS[3], ARGV[1],
  string.format('running %d %s %s %s', attempts + 1, priority, queued, ARGV[9]))
local answer = {'begun', attempts + 1, redis.call('HGET', KEYS[1], 'faces'),
  redis.call('HGET', KEYS[1], 'threshold')}
for number = ARGV[2], ARGV[2] + ARGV[3] - 1 do
  if redis.call('HEXISTS', KEYS[2], string.format('%d', number)) == 0 then
    table.insert(answer, number)
  end
end
return answer

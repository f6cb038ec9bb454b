-- Give photos their verdicts: set if absent; counters move only by what was new.
--
-- KEYS 1 job      hash
--      2 rows     hash   photo number -> outcome
--      3 log      stream numbers of the photos of one step
--      4 chunks   hash
--      5 due      zset
--      6, 7       waiting zsets, one a priority
--      8… photo   hashes, one a cached outcome
-- ARGV 1 chunk    "start+count" that ends with this step, or ""
--      2 ttl      s
--      3 model    "name@fingerprint", the field under which outcomes are cached
--      4 rows     how many follow; each is: number, outcome, status, "1" if with glasses,
--                 "1" if the next of KEYS[8…] caches it
-- Returns how many were new, or -1 when the job is gone, -2 when it was cancelled.
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return -1 end
if state == 'cancelled' then return -2 end
local new, cached = {}, 7
for i = 0, tonumber(ARGV[4]) - 1 do
  local at = 5 + i * 5
  if redis.call('HSETNX', KEYS[2], ARGV[at], ARGV[at + 1]) == 1 then
    table.insert(new, ARGV[at])
    redis.call('HINCRBY', KEYS[1], ARGV[at + 2], 1)
    if ARGV[at + 3] == '1' then redis.call('HINCRBY', KEYS[1], 'with_glasses', 1) end
  end
  if ARGV[at + 4] == '1' then
    cached = cached + 1
    redis.call('HSET', KEYS[cached], ARGV[3], ARGV[at + 1])
    redis.call('EXPIRE', KEYS[cached], ARGV[2])
  end
end
if #new > 0 then redis.call('XADD', KEYS[3], '*', 'n', table.concat(new, ',')) end
if ARGV[1] ~= '' then
  redis.call('HDEL', KEYS[4], ARGV[1])
  for i = 5, 7 do redis.call('ZREM', KEYS[i], ARGV[1]) end
end
if state == 'running' then
  local n = redis.call('HMGET', KEYS[1], 'submitted', 'classified', 'no_face', 'failed')
  if tonumber(n[1]) == n[2] + n[3] + n[4] then
    local time = redis.call('TIME')
    redis.call('HSET', KEYS[1], 'state', 'done', 'finished', string.format('%s.%06d', time[1], time[2]))
  end
end
for i = 1, 7 do redis.call('EXPIRE', KEYS[i], ARGV[2]) end
return #new

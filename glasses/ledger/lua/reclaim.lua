-- Find chunks that nobody works on and whose message is lost; note that they are queued anew.
--
-- A running chunk is lost when its lease ended. A queued chunk is lost when a chunk of the same lane
-- and priority that was queued later has begun (each is first in, first out), or when the lane is
-- empty. A backlog that is merely long is neither. A chunk that ran goes ahead of what
-- waits: it is sent at the first priority.
--
-- KEYS 1 chunks   hash  chunk -> "state attempts priority queued-ms"
--      2 due      zset  running chunk -> when its lease ends, ms
--      3 begun    hash  priority -> latest queued-ms begun, of the job's lane
--      4… waiting zsets, one a priority
-- ARGV 1 grace    ms; a message younger than this is not lost
--      2 empty    "1" when no message is in the lane
--      3 ttl      s
--      4 limit    chunks at most, of each kind
--      5… the priorities, in the order of KEYS[4…]
-- Returns {chunk, priority, chunk, priority…}: to be sent again.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lost = {}
for _, chunk in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[4])) do
  table.insert(lost, chunk)
end
for i = 4, #KEYS do
  local before = now - ARGV[1]
  if ARGV[2] ~= '1' then
    local begun = tonumber(redis.call('HGET', KEYS[3], ARGV[i + 1]) or 0)
    before = math.min(before, begun - 1)
  end
  local waiting = redis.call('ZRANGEBYSCORE', KEYS[i], '-inf', before, 'LIMIT', 0, ARGV[4])
  for _, chunk in ipairs(waiting) do table.insert(lost, chunk) end
end
local answer = {}
for _, chunk in ipairs(lost) do
  redis.call('ZREM', KEYS[2], chunk)
  local record = redis.call('HGET', KEYS[1], chunk)
  if record then
    local state, attempts, priority = string.match(record, '(%a+) (%d+) (%d+) %d+')
    if state == 'running' then priority = ARGV[5] end
    redis.call('HSET', KEYS[1], chunk, string.format('queued %s %s %d', attempts, priority, now))
    for i = 4, #KEYS do
      if ARGV[i + 1] == priority then
        redis.call('ZADD', KEYS[i], now, chunk)
        redis.call('EXPIRE', KEYS[i], ARGV[3])
      end
    end
    table.insert(answer, chunk)
    table.insert(answer, priority)
  else
    for i = 4, #KEYS do redis.call('ZREM', KEYS[i], chunk) end
  end
end
return answer

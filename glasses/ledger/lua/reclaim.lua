-- Find chunks that no worker runs and whose message is lost, and mark them as queued again.
--
-- A running chunk is lost when its lease has expired. A queued chunk is lost when its partition is
-- empty, or when a chunk of the same partition and priority that was queued later has been acquired
-- (each queue is first in, first out). A long backlog alone loses nothing. A chunk that ran is sent
-- at the first priority, ahead of queued ones. A suspended chunk is queued when its time has come.
-- Of a paused job, no chunk is queued.
--
-- args  grace (ms; a younger message is not considered lost), empty (true when the partition holds
--       no message), limit (maximum number of chunks, of each kind), model_is_served (false when no
--       live worker has the job's model: nothing is reclaimed)
-- Returns {1 if the job needs repair, chunk, priority, chunk, priority…}: the chunks to send again.
local job = find_job()
if not job then return {0} end
local answer = {needs_repair(job) and 1 or 0}
if not args.model_is_served and not job.paused then return answer end

-- A lease granted before the clock stepped back would expire too late, by the size of the step.
for _, timed in ipairs({LEASES, SUSPENDED}) do
  local latest = redis.call('ZREVRANGE', timed, 0, 0, 'WITHSCORES')
  local chunk = latest[1] and find_chunk(latest[1])
  if latest[1] and (not chunk or tonumber(latest[2]) > NOW + chunk.lease) then
    local later = redis.call('ZRANGEBYSCORE', timed, NOW, '+inf', 'WITHSCORES')
    for i = 1, #later, 2 do
      local id, expiry = later[i], tonumber(later[i + 1])
      chunk = find_chunk(id)
      local latest_expiry = NOW + (chunk and chunk.lease or 0)
      if expiry > latest_expiry then redis.call('ZADD', timed, latest_expiry, id) end
    end
  end
end

local lost = redis.call('ZRANGEBYSCORE', LEASES, '-inf', NOW, 'LIMIT', 0, args.limit)
if job.paused then
  for _, id in ipairs(lost) do
    local chunk = find_chunk(id)
    if chunk then suspend_chunk(id, chunk, 0) else withdraw_chunk(id) end
  end
  return answer
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', SUSPENDED, '-inf', NOW, 'LIMIT', 0, args.limit)) do
  table.insert(lost, id)
end
for _, priority in ipairs(args.priorities) do
  local before = '+inf'
  if not args.empty then
    before = '(' .. (redis.call('HGET', PARTITION, string.format('%d', priority)) or 0)
  end
  local overtaken =
    redis.call('ZRANGEBYSCORE', PENDING[priority], '-inf', before, 'LIMIT', 0, args.limit)
  for _, id in ipairs(overtaken) do
    local chunk = find_chunk(id)
    if chunk and chunk.queued > NOW then
      -- The clock stepped back: measure its age from now.
      chunk.queued = NOW
      save_chunk(id, chunk)
    end
    if not chunk or NOW - chunk.queued >= args.grace then table.insert(lost, id) end
  end
end
for _, id in ipairs(lost) do
  local chunk = find_chunk(id)
  if chunk then
    local priority = chunk.state == 'running' and args.priorities[1] or chunk.priority
    table.insert(answer, id)
    table.insert(answer, queue_chunk(id, chunk.attempts, priority))
  else
    withdraw_chunk(id)
  end
end
if #lost > 0 then refresh_expiry(job) end
return answer

-- Lease a chunk to a worker. The attempt is counted first, so that a crash is counted too.
--
-- args  chunk, start, count, lease (ms), max_attempts, model (the worker's, "name@fingerprint"),
--       threshold (of that model), holder (id of this run; only it can abandon or nack the chunk)
-- Returns {answer, attempts, faces, threshold, numbers of photos without outcome…}; the answer is
-- "acquired" or "gone", "cancelled", "done", "busy", "paused", "other_model", "exhausted".
local job = find_job()
if not job then return {'gone'} end
if job.state == 'cancelled' then return {'cancelled'} end
local chunk = find_chunk(args.chunk)
if not chunk then return {'done'} end
if chunk.state == 'running' and tonumber(redis.call('ZSCORE', LEASES, args.chunk) or 0) > NOW then
  return {'busy'}
end
if job.paused then
  suspend_chunk(args.chunk, chunk, 0)
  refresh_expiry(job)
  return {'paused'}
end
if job.model and job.model ~= args.model then return {'other_model'} end
withdraw_chunk(args.chunk)
local priority = string.format('%d', chunk.priority)
if tonumber(redis.call('HGET', PARTITION, priority) or 0) < chunk.sequence then
  redis.call('HSET', PARTITION, priority, chunk.sequence)
end
redis.call('ZADD', LEASES, NOW + args.lease, args.chunk)
chunk.lease = args.lease
if chunk.attempts >= args.max_attempts then
  save_chunk(args.chunk, chunk)
  refresh_expiry(job)
  return {'exhausted'}
end
chunk.state, chunk.attempts, chunk.holder = 'running', chunk.attempts + 1, args.holder
save_chunk(args.chunk, chunk)
if not job.model then redis.call('HSET', JOB, 'model', args.model) end
redis.call('HSETNX', JOB, 'threshold', args.threshold)
refresh_expiry(job)
local answer = {'acquired', chunk.attempts, job.faces, redis.call('HGET', JOB, 'threshold')}
for number = args.start, args.start + args.count - 1 do
  if redis.call('HEXISTS', OUTCOMES, string.format('%d', number)) == 0 then
    table.insert(answer, number)
  end
end
return answer

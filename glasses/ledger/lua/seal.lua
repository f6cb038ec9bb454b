-- Close a job for submissions: from now on it finishes with its last outcome.
--
-- args  total (photos of the whole job; absent if the submitter stopped early), ignored (files
--       that are not photos, by kind; absent if there are none), dead (true to seal the job only if
--       its submitter is dead)
-- Returns how many photos of the total Redis does not know as submitted; 0 without a total.
local job = find_job()
if not job then return 0 end
if job.state == 'cancelled' then
  if args.total then redis.call('HDEL', JOB, 'incomplete') end -- cancelled after its last photo
  return 0
end
if job.total and job.state ~= 'submitting' then
  return math.max(0, job.total - redis.call('BITCOUNT', SUBMITTED))
end
if args.total then
  redis.call('HSET', JOB, 'total', args.total)
  if args.ignored then redis.call('HSET', JOB, 'ignored', cjson.encode(args.ignored)) end
  redis.call('HDEL', JOB, 'incomplete', 'finished')
  job.total = args.total
elseif job.state ~= 'submitting' or (args.dead and is_submitter_alive()) then
  return 0
else
  redis.call('HSET', JOB, 'incomplete', 1)
end
redis.call('DEL', SUBMITTER)
redis.call('HSET', JOB, 'state', 'running')
job.state = 'running'
finish_if_complete(job)
if not job.total then return 0 end
return math.max(0, job.total - redis.call('BITCOUNT', SUBMITTED))

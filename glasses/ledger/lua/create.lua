-- Create a job, unless it exists already.
--
-- args  spec, faces, retention (s), created (Unix time, s), id; model and threshold if known
-- KEYS  OWN + 1: the zset of all jobs, by creation time
-- Returns 1, or 0 when the job exists.
if find_job() then return 0 end
for i = 1, OWN do
  if KEYS[i] ~= PARTITION then redis.call('DEL', KEYS[i]) end
end
redis.call('HSET', JOB, 'spec', args.spec, 'state', 'submitting', 'faces', args.faces,
  'retention', args.retention)
if args.model then redis.call('HSET', JOB, 'model', args.model) end
if args.threshold then redis.call('HSET', JOB, 'threshold', args.threshold) end
redis.call('SET', SUBMITTER, '1', 'PX', args.submitter_ms)
redis.call('ZADD', KEYS[OWN + 1], args.created, args.id)
if redis.call('TTL', KEYS[OWN + 1]) < args.retention then
  redis.call('EXPIRE', KEYS[OWN + 1], args.retention)
end
refresh_expiry({retention = args.retention})
return 1

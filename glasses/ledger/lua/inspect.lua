-- Read a consistent snapshot of a job.
--
-- Returns {the job's fields and values, submitted photos, photos with outcomes, an upper bound of
-- the numbers of submitted photos (exclusive), 1 if it needs repair, when it expires (Unix time,
-- ms)}; {} when the job is gone.
local job = find_job()
if not job then return {} end
local broken = needs_repair(job) and 1 or 0
return {redis.call('HGETALL', JOB), redis.call('BITCOUNT', SUBMITTED), redis.call('HLEN', OUTCOMES),
  redis.call('STRLEN', SUBMITTED) * 8, broken, NOW + redis.call('PTTL', JOB)}

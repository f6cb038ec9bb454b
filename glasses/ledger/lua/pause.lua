-- Pause a job: no chunk of it starts, and running ones end. A finished or cancelled job is kept.
local job = find_job()
if not job or job.paused or job.state == 'done' or job.state == 'cancelled' then return end
redis.call('HSET', JOB, 'paused', string.format('%s.%06d', TIME[1], TIME[2]))
refresh_expiry(job)

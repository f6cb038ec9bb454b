-- Resume a paused job. The caller then reclaims its suspended chunks.
local job = find_job()
if not job or not job.paused then return end
redis.call('HDEL', JOB, 'paused')
refresh_expiry(job)

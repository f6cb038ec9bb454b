-- Cancel a job: photos without an outcome count as cancelled, and later outcomes are refused.
local job = find_job()
if not job or job.state == 'done' or job.state == 'cancelled' then return end
redis.call('HSET', JOB, 'state', 'cancelled', 'finished', string.format('%s.%06d', TIME[1], TIME[2]))
if not job.total then redis.call('HSET', JOB, 'incomplete', 1) end -- its submission ends here
redis.call('HDEL', JOB, 'paused')
redis.call('DEL', SUBMITTER, CHUNKS, LEASES, SUSPENDED)
for _, pending in pairs(PENDING) do redis.call('DEL', pending) end

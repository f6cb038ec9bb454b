-- Extend the lease of a chunk that a worker is still processing.
--
-- A run that another run has replaced must not keep that one's lease alive: it renews nothing.
--
-- args  chunk, lease (ms), holder (of the run)
-- Returns 1, or 0 when the chunk is no longer needed from this run.
local job = find_job()
if not job or job.state == 'cancelled' then return 0 end
local chunk = find_chunk(args.chunk)
if not chunk or chunk.state ~= 'running' or chunk.holder ~= args.holder then return 0 end
if not redis.call('ZSCORE', LEASES, args.chunk) then return 0 end
redis.call('ZADD', LEASES, NOW + args.lease, args.chunk)
return 1

-- Requeue a chunk whose process died or timed out, without waiting for its lease to expire.
--
-- The attempt stays counted. A run that another run has replaced abandons nothing.
--
-- args  chunk, holder (of the run that ended), priority (of the next message)
-- Returns 1 when the chunk must be sent again, else 0.
local job, chunk = find_job(), find_chunk(args.chunk)
if not job or not chunk or chunk.state ~= 'running' or chunk.holder ~= args.holder then return 0 end
queue_chunk(args.chunk, chunk.attempts, args.priority)
refresh_expiry(job)
return 1

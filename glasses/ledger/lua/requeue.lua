-- Append a chunk that another worker must process to the queue; its attempts do not change.
--
-- args  chunk
-- Returns the priority at which to send its message again; false when it is done or running.
local job, chunk = find_job(), find_chunk(args.chunk)
if not job or not chunk or chunk.state == 'running' then return false end
local priority = queue_chunk(args.chunk, chunk.attempts, chunk.priority)
refresh_expiry(job)
return priority

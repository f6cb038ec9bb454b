-- Return an unprocessed chunk to the queue; the attempt does not count.
--
-- A run that another run has replaced returns nothing: it no longer holds the chunk.
--
-- args  chunk, holder
local job, chunk = find_job(), find_chunk(args.chunk)
if not job or not chunk or chunk.state ~= 'running' or chunk.holder ~= args.holder then return end
queue_chunk(args.chunk, math.max(chunk.attempts - 1, 0), chunk.priority)
refresh_expiry(job)

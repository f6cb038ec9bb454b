-- Suspend a chunk that no live worker can process: the reconciler sends it again later.
--
-- args  chunk, delay (ms; 0 where the reconciler itself can tell when a worker can process it)
local job = find_job()
local chunk = job and find_chunk(args.chunk)
if not chunk then return end
suspend_chunk(args.chunk, chunk, args.delay)
refresh_expiry(job)

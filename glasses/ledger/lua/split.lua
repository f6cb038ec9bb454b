-- Replace a chunk without attempts left by its halves, to isolate a photo that kills workers.
--
-- args  chunk, halves (each a list: chunk, attempts to start from), priority
-- Returns 1, or 0 when another worker has split it already.
if redis.call('HDEL', CHUNKS, args.chunk) == 0 then return 0 end
withdraw_chunk(args.chunk)
for _, half in ipairs(args.halves) do queue_chunk(half[1], half[2], args.priority) end
local job = find_job()
if job then refresh_expiry(job) end
return 1

-- Record outcomes of photos. An existing outcome is kept; only new ones change the counts.
--
-- args  chunk ("start+count" of the chunk that this step completes, or ""), start and count (of that
--       chunk), model (field under which outcomes are cached), records (how many are in ARGV)
-- ARGV  2… per record: number, outcome, status, "1" if with glasses, "1" if the next key caches it
-- KEYS  OWN + 1…: hashes of photos, one per cached outcome
-- Returns how many were new; -1 when the job is gone, -2 when it was cancelled.
local job = find_job()
if not job then return -1 end
if job.state == 'cancelled' then return -2 end
local new, cached, counts = {}, OWN, {}
for at = 2, 2 + (args.records - 1) * 5, 5 do
  if redis.call('HSETNX', OUTCOMES, ARGV[at], ARGV[at + 1]) == 1 then
    table.insert(new, ARGV[at])
    -- Redis may have lost the step that enqueued the photo.
    redis.call('SETBIT', SUBMITTED, ARGV[at], 1)
    counts[ARGV[at + 2]] = (counts[ARGV[at + 2]] or 0) + 1
    if ARGV[at + 3] == '1' then counts.with_glasses = (counts.with_glasses or 0) + 1 end
  end
  if ARGV[at + 4] == '1' then
    cached = cached + 1
    redis.call('HSET', KEYS[cached], args.model, ARGV[at + 1])
    redis.call('EXPIRE', KEYS[cached], job.retention)
  end
end
for name, count in pairs(counts) do redis.call('HINCRBY', JOB, name, count) end
if #new > 0 then redis.call('XADD', EVENTS, '*', 'n', table.concat(new, ',')) end
if args.chunk ~= '' then
  -- The worker skipped photos that had outcomes. Redis may have lost these: then run it again.
  if args.records == args.count or have_outcomes(args.start, args.count) then
    redis.call('HDEL', CHUNKS, args.chunk)
    withdraw_chunk(args.chunk)
  else
    local chunk = find_chunk(args.chunk)
    if chunk then queue_chunk(args.chunk, chunk.attempts, chunk.priority) end
  end
end
finish_if_complete(job)
refresh_expiry(job)
return #new

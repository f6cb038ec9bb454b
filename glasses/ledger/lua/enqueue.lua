-- Mark photos as submitted and their chunk as queued. The caller sends its message afterwards; not
-- that of a paused job, whose chunk is suspended at once.
--
-- args  chunk, start, count, priority
-- Returns "enqueued", "paused", "gone" or "cancelled"; "done" when all photos have outcomes already.
local job = find_job()
if not job then return 'gone' end
if job.state == 'cancelled' then return 'cancelled' end
if redis.call('HEXISTS', CHUNKS, args.chunk) == 1 then return 'enqueued' end
if not mark_submitted(args.start, args.count) and have_outcomes(args.start, args.count) then
  return 'done'
end
if job.state ~= 'submitting' and not job.total then
  -- The submitter is alive after all: its machine slept, and the job was sealed without it.
  redis.call('HSET', JOB, 'state', 'submitting')
  redis.call('HDEL', JOB, 'finished', 'incomplete')
  redis.call('SET', SUBMITTER, '1', 'PX', args.submitter_ms)
end
local answer = 'enqueued'
queue_chunk(args.chunk, 0, args.priority)
if job.paused then
  suspend_chunk(args.chunk, find_chunk(args.chunk), 0)
  answer = 'paused'
end
refresh_expiry(job)
return answer

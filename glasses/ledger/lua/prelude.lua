-- Prepended to every script about a job: its keys by name, the current time, chunk records.
--
-- KEYS 1 job        hash    specification, state, total, retention, photo counts by status
--      2 submitter  string  exists while a submitter is alive
--      3 submitted  bitmap  photo number -> 1 once the photo was enqueued
--      4 outcomes   hash    photo number -> outcome
--      5 events     stream  numbers of the photos that one step recorded
--      6 chunks     hash    open chunk -> record
--      7 leases     zset    running chunk -> expiry of its lease, ms
--      8 suspended  zset    suspended chunk -> when to queue it again, ms; 0: when a worker can run it
--      9 partition  hash    `sequence`: last number assigned; priority -> highest one acquired
--      10… pending  zsets   queued chunk -> sequence, one zset per priority
--      then the script's own keys, from OWN + 1
-- ARGV 1 named arguments as JSON; `priorities` lists those of the pending zsets
--      2… the script's own arguments
--
-- A record is "state attempts priority sequence queued-ms lease-ms holder". Chunks are ordered by
-- sequence, never by time, because the clock may step back.
--
-- Two invariants hold even in a Redis that lost its last seconds: a photo with an outcome is
-- submitted, and a submitted photo has an outcome or belongs to an open chunk.
local args = cjson.decode(ARGV[1])
local JOB, SUBMITTER, SUBMITTED, OUTCOMES, EVENTS, CHUNKS, LEASES, SUSPENDED, PARTITION =
  unpack(KEYS, 1, 9)
local PENDING = {}
for i, priority in ipairs(args.priorities) do PENDING[priority] = KEYS[9 + i] end
local OWN = 9 + #args.priorities
local TIME = redis.call('TIME')
local NOW = TIME[1] * 1000 + math.floor(TIME[2] / 1000)

-- Return the job's fields; nil when Redis does not have it, or only in an older version's layout.
local function find_job()
  local names = {'retention', 'state', 'total', 'model', 'faces', 'threshold', 'paused'}
  local values = redis.call('HMGET', JOB, unpack(names))
  if not values[1] then return nil end
  local job = {}
  for i, name in ipairs(names) do job[name] = values[i] or nil end
  job.total = tonumber(job.total)
  return job
end

-- Restart the retention period of all keys of the job.
local function refresh_expiry(job)
  for i = 1, OWN do
    local key = KEYS[i]
    if key ~= SUBMITTER and key ~= PARTITION then redis.call('EXPIRE', key, job.retention) end
  end
  -- Jobs with other retention periods share the partition.
  if redis.call('TTL', PARTITION) < tonumber(job.retention) then
    redis.call('EXPIRE', PARTITION, job.retention)
  end
end

local function find_chunk(id)
  local record = redis.call('HGET', CHUNKS, id)
  if not record then return nil end
  local state, attempts, priority, sequence, queued, lease, holder =
    string.match(record, '^(%a+) (%d+) (%d+) (%d+) (%d+) (%d+) ?(.*)$')
  if not state then return nil end -- an older version's record
  return {state = state, attempts = tonumber(attempts), priority = tonumber(priority),
    sequence = tonumber(sequence), queued = tonumber(queued), lease = tonumber(lease),
    holder = holder}
end

local function save_chunk(id, chunk)
  redis.call('HSET', CHUNKS, id, string.format('%s %d %d %d %d %d %s', chunk.state, chunk.attempts,
    chunk.priority, chunk.sequence, chunk.queued, chunk.lease, chunk.holder))
end

-- Remove a chunk from the leases, the suspended chunks and all pending zsets.
local function withdraw_chunk(id)
  redis.call('ZREM', LEASES, id)
  redis.call('ZREM', SUSPENDED, id)
  for _, pending in pairs(PENDING) do redis.call('ZREM', pending, id) end
end

-- Append a chunk to the queue of its priority. Returns that priority.
local function queue_chunk(id, attempts, priority)
  if not PENDING[priority] then priority = args.priorities[1] end
  withdraw_chunk(id)
  local sequence = redis.call('HINCRBY', PARTITION, 'sequence', 1)
  save_chunk(id, {state = 'queued', attempts = attempts, priority = priority, sequence = sequence,
    queued = NOW, lease = 0, holder = ''})
  redis.call('ZADD', PENDING[priority], sequence, id)
  return priority
end

-- Suspend a chunk, for at least `delay` ms: `reclaim` queues it again once its job is not paused and
-- a worker can process it.
local function suspend_chunk(id, chunk, delay)
  withdraw_chunk(id)
  chunk.lease = delay
  save_chunk(id, chunk)
  redis.call('ZADD', SUSPENDED, delay > 0 and NOW + delay or 0, id)
end

-- Mark photos as submitted. Returns true if none of them had been marked before.
local function mark_submitted(first, count)
  local changes = {}
  for start = first, first + count - 1, 32 do
    local bits = math.min(32, first + count - start)
    for _, word in ipairs({'SET', 'u' .. bits, start, string.format('%d', 2 ^ bits - 1)}) do
      table.insert(changes, word)
    end
  end
  for _, before in ipairs(redis.call('BITFIELD', SUBMITTED, unpack(changes))) do
    if before ~= 0 then return false end
  end
  return true
end

local function have_outcomes(first, count)
  for number = first, first + count - 1 do
    if redis.call('HEXISTS', OUTCOMES, string.format('%d', number)) == 0 then return false end
  end
  return true
end

-- Finish a running job when all its photos have outcomes: its total if it is sealed with one, else
-- everything that was submitted before the submitter stopped. Returns the job's state.
local function finish_if_complete(job)
  if job.state ~= 'running' then return job.state end
  local total = job.total or redis.call('BITCOUNT', SUBMITTED)
  if redis.call('HLEN', OUTCOMES) < total then return job.state end
  job.state = 'done'
  redis.call('HSET', JOB, 'state', 'done', 'finished', string.format('%s.%06d', TIME[1], TIME[2]))
  redis.call('HDEL', JOB, 'paused')
  return job.state
end

local function is_submitter_alive()
  local left = redis.call('PTTL', SUBMITTER)
  -- The key was set before the clock stepped back: it would outlive its submitter by that step.
  if left > args.submitter_ms then redis.call('PEXPIRE', SUBMITTER, args.submitter_ms) end
  return left > 0
end

-- Return whether the job can only be continued from its manifest: its submitter died before sealing
-- it, some photos were never enqueued according to Redis, or no chunk holds the missing photos.
local function needs_repair(job)
  if job.state == 'submitting' then return not is_submitter_alive() end
  if job.state ~= 'running' then return false end
  if job.total and redis.call('BITCOUNT', SUBMITTED) < job.total then return true end
  return redis.call('HLEN', CHUNKS) == 0
end

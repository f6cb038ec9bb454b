-- Rebuild the bitmap of submitted photos: those with an outcome or in an open chunk.
--
-- Needed only when keys of the job were deleted, so that no chunk holds its missing photos.
local job = find_job()
if not job then return end
redis.call('DEL', SUBMITTED)
for _, number in ipairs(redis.call('HKEYS', OUTCOMES)) do
  redis.call('SETBIT', SUBMITTED, number, 1)
end
for _, id in ipairs(redis.call('HKEYS', CHUNKS)) do
  local start, count = string.match(id, '^(%d+)%+(%d+)$')
  mark_submitted(tonumber(start), tonumber(count))
end
refresh_expiry(job)

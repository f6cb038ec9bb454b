-- Delete the recorded location of photo contents that were stored in the named packs.
--
-- KEYS     photo hashes
-- ARGV 1   field
--      2…  pack, one per key; "" for a content stored outside of packs
for i, key in ipairs(KEYS) do
  local text = redis.call('HGET', key, ARGV[1])
  if text and (string.match(text, '^%S+ (%x+) ') or '') == ARGV[i + 1] then
    redis.call('HDEL', key, ARGV[1])
  end
end

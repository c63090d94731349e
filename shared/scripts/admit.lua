-- Counts a meeting towards its tenant's cap, unless the cap is reached. Once counted it stays so.
-- KEYS: the tenant's active meetings. ARGV: meeting id, cap, now in Unix ms. Returns 1 when it counts, else 0.
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  return 1
end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  return 0
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
return 1

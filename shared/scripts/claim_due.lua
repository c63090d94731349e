-- Lets one of many take what is due. KEYS: a sorted set by due time. ARGV: member, its due time as it was seen, the next.
if redis.call('ZSCORE', KEYS[1], ARGV[1]) ~= ARGV[2] then
  return 0
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
return 1

-- Lets one of many ask the platform how a bot is. KEYS: state. ARGV: Unix ms now, least ms since the last time.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
if tonumber(ARGV[1]) - tonumber(redis.call('HGET', KEYS[1], 'checked_at') or '0') < tonumber(ARGV[2]) then
  return 0
end
redis.call('HSET', KEYS[1], 'checked_at', ARGV[1])
return 1

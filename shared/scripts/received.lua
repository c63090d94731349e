-- Notes how far audio has come, for meetings that still exist.
-- KEYS: state. ARGV: field, end in ms, Unix ms now, Unix ms of source time 0 ('' = not known).
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
if tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0') < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
redis.call('HSET', KEYS[1], 'heard_at', ARGV[3])
if ARGV[4] ~= '' then
  redis.call('HSETNX', KEYS[1], 'origin', ARGV[4])
end
return 1

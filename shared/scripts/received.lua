-- Notes how far audio has come, for meetings that still exist. KEYS: state. ARGV: field, end in ms.
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
return 1

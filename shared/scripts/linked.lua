-- Notes that a bot's socket is open, for a meeting that still exists. KEYS: state. ARGV: Unix ms now.
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'linked_at', ARGV[1])
end
return 1

-- The moment that is source time 0 of a room, set by the first microphone. KEYS: state. ARGV: Unix ms.
-- Returns it, or nothing when the meeting is gone.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return false
end
redis.call('HSETNX', KEYS[1], 'origin', ARGV[1])
return redis.call('HGET', KEYS[1], 'origin')

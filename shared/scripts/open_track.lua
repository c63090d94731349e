-- Makes an audio stream that chunks may be appended to. KEYS: state, audio, roster, active. ARGV: track, meeting id.
-- Returns 0 when the meeting is gone, or its transcript complete. The stream is made empty, so that its first chunk may have any time.
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('SISMEMBER', KEYS[4], ARGV[2]) == 0 then
  return 0
end
if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('XGROUP', 'CREATE', KEYS[2], 'made', '0', 'MKSTREAM')
  redis.call('XGROUP', 'DESTROY', KEYS[2], 'made')
end
redis.call('HSETNX', KEYS[1], 'committed:' .. ARGV[1], '-1')
redis.call('XADD', KEYS[3], 'MAXLEN', '~', '1000', '*', 'meeting', ARGV[2])
return 1

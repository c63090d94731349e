-- Erases a meeting but for one last fact that expires by itself.
-- KEYS: meetings, active, timeline, then every other key of the meeting. ARGV: meeting id, type, body, expiry ms.
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('SREM', KEYS[2], ARGV[1])
for index = 3, #KEYS do
  redis.call('UNLINK', KEYS[index])
end
redis.call('XADD', KEYS[3], '*', 'type', ARGV[2], 'body', ARGV[3])
redis.call('PEXPIRE', KEYS[3], ARGV[4])
return 1

-- Erases a meeting but for one last fact that expires by itself, and whose id is returned.
-- KEYS: meetings, active, due, vendor erasures, erased, dead letters, ingest's commands, brain's commands, timeline,
--       then every other key of the meeting.
-- ARGV: meeting id, type, body, expiry ms, what a vendor is still to erase ('' = nothing), Unix ms of the next try,
--       Unix ms now, then three times a number n and n entry ids: dead letters, commands of ingest, commands of the brain

-- include rewrite

redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('SREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
if ARGV[5] ~= '' then
  redis.call('ZADD', KEYS[4], ARGV[6], ARGV[5])
end
redis.call('ZADD', KEYS[5], ARGV[7], ARGV[1])
rewrite_all({KEYS[6], KEYS[7], KEYS[8]}, 8)
for index = 9, #KEYS do
  redis.call('UNLINK', KEYS[index])
end
local last = redis.call('XADD', KEYS[9], '*', 'type', ARGV[2], 'body', ARGV[3])
redis.call('PEXPIRE', KEYS[9], ARGV[4])
return last

-- Makes a meeting: its state, its place among the others, its first fact and the command that begins it.
-- KEYS: state, meetings, active, timeline, roster, commands, the tenant's meetings, due, erased.
-- ARGV: meeting id, Unix ms, type and body of the fact, type and body of the command, Unix ms at which it is to be erased
-- if its end is never told, then fields and values of the state.
-- Returns the fact's timeline id, or '' when there is such a meeting already, or was one that is erased.
if redis.call('EXISTS', KEYS[1]) == 1 or redis.call('ZSCORE', KEYS[9], ARGV[1]) then
  return ''
end
redis.call('ZADD', KEYS[8], ARGV[7], ARGV[1])
for at = 8, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1])
end
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
redis.call('ZADD', KEYS[7], ARGV[2], ARGV[1])
redis.call('SADD', KEYS[3], ARGV[1])
local first = redis.call('XADD', KEYS[4], '*', 'type', ARGV[3], 'body', ARGV[4])
redis.call('XADD', KEYS[5], 'MAXLEN', '~', '1000', '*', 'meeting', ARGV[1])
redis.call('XADD', KEYS[6], '*', 'type', ARGV[5], 'body', ARGV[6])
return first

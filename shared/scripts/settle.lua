-- A command is done with: acknowledged, and gone from its stream. KEYS: commands, settled. ARGV: group, entry id, Unix ms
-- now, ms that its id is remembered, so that its sender can tell a settled command from a forgotten one.
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[3] - ARGV[4])
return redis.call('PEXPIRE', KEYS[2], ARGV[4])

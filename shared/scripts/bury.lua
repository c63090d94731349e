-- Gives a command up: into the dead letters, acknowledged and gone from its stream, all or nothing.
-- KEYS: dead, commands, settled. ARGV: group, entry id, most letters, oldest letter's id, Unix ms now, ms that its id is
-- remembered, then fields and values of the letter.
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', unpack(ARGV, 7))
redis.call('XTRIM', KEYS[1], 'MINID', '~', ARGV[4])
redis.call('XACK', KEYS[2], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[2], ARGV[2])
redis.call('ZADD', KEYS[3], ARGV[5], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', ARGV[5] - ARGV[6])
return redis.call('PEXPIRE', KEYS[3], ARGV[6])

-- Gives a command up: into the dead letters, then acknowledged, both or neither.
-- KEYS: dead, commands. ARGV: group, entry id, most letters, oldest letter's id, then fields and values of the letter.
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', unpack(ARGV, 5))
redis.call('XTRIM', KEYS[1], 'MINID', '~', ARGV[4])
redis.call('XACK', KEYS[2], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[2], ARGV[2])

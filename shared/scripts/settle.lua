-- A command is done with: acknowledged, and gone from its stream. KEYS: commands. ARGV: group, entry id.
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])

-- Ends a blocked read of this stream. KEYS: stream. ARGV: ms that it lives on.
redis.call('XADD', KEYS[1], 'MAXLEN', 1, '*', 'wake', '')
redis.call('PEXPIRE', KEYS[1], ARGV[1])

-- The first of a request and its repeats may carry it out. KEYS: claim, lease.
-- ARGV: fingerprint, command id, ms to keep the claim, ms to keep the lease.
-- Returns 1 when the lease is ours, and what is remembered, as fields and values.
redis.call('HSETNX', KEYS[1], 'fingerprint', ARGV[1])
redis.call('HSETNX', KEYS[1], 'command_id', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3], 'NX')
local leased = redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[4])
return {leased and 1 or 0, redis.call('HGETALL', KEYS[1])}

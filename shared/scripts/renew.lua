-- Keeps a shard. KEYS: own, lease. ARGV: worker, epoch, lease ms. Returns 1 while it is still ours.
-- A lease that expired but that nobody took is ours again: the epoch is what counts.
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[2] then
  return 0
end
redis.call('SET', KEYS[2], ARGV[1] .. ':' .. ARGV[2], 'PX', ARGV[3])
return 1

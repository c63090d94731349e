-- Gives a shard back. KEYS: own, lease. ARGV: worker, epoch.
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[2] then
  return 0
end
redis.call('DEL', KEYS[2])
return 1

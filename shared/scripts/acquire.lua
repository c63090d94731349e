-- Takes a free shard. KEYS: own, lease. ARGV: worker, lease ms. Returns the new epoch, or 0 when somebody holds it.
if redis.call('EXISTS', KEYS[2]) == 1 then
  return '0'
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local stored = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0')
local epoch = string.format('%.0f', math.max(stored + 1, now))
redis.call('HSET', KEYS[1], 'epoch', epoch, 'owner', ARGV[1])
redis.call('SET', KEYS[2], ARGV[1] .. ':' .. epoch, 'PX', ARGV[2])
return epoch

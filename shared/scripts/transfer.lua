-- Hands a shard to its heir under a new epoch, in one step: nobody else can come between.
-- KEYS: own, lease. ARGV: epoch, heir, lease ms. Returns 1, or 0 when it was not ours any more.
local stored = redis.call('HGET', KEYS[1], 'epoch')
if stored ~= ARGV[1] then
  return 0
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local epoch = string.format('%.0f', math.max(tonumber(stored) + 1, now))
redis.call('HSET', KEYS[1], 'epoch', epoch, 'owner', ARGV[2])
redis.call('SET', KEYS[2], ARGV[2] .. ':' .. epoch, 'PX', ARGV[3])
return 1

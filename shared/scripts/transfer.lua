-- Hands shards to their heirs under new epochs, in one step: nobody else can come between.
-- KEYS: own and lease of each. ARGV: lease ms, then epoch and heir of each. Returns for each 1, or 0 when it was not ours.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local handed = {}
for n = 1, #KEYS / 2 do
  local own, lease, heir = KEYS[2 * n - 1], KEYS[2 * n], ARGV[2 * n + 1]
  local stored = redis.call('HGET', own, 'epoch')
  handed[n] = 0
  if stored == ARGV[2 * n] then
    local epoch = string.format('%.0f', math.max(tonumber(stored) + 1, now))
    redis.call('HSET', own, 'epoch', epoch, 'owner', heir)
    redis.call('SET', lease, heir .. ':' .. epoch, 'PX', ARGV[1])
    handed[n] = 1
  end
end
return handed

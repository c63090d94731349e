-- Takes free shards. KEYS: own and lease of each. ARGV: worker, lease ms.
-- Returns for each the new epoch, or 0 when somebody holds it.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local epochs = {}
for n = 1, #KEYS / 2 do
  local own, lease = KEYS[2 * n - 1], KEYS[2 * n]
  if redis.call('EXISTS', lease) == 1 then
    epochs[n] = '0'
  else
    local stored = tonumber(redis.call('HGET', own, 'epoch') or '0')
    epochs[n] = string.format('%.0f', math.max(stored + 1, now))
    redis.call('HSET', own, 'epoch', epochs[n], 'owner', ARGV[1])
    redis.call('SET', lease, ARGV[1] .. ':' .. epochs[n], 'PX', ARGV[2])
  end
end
return epochs

-- Keeps shards. KEYS: own and lease of each. ARGV: worker, lease ms, then the epoch of each.
-- Returns for each 1 while it is still ours, else 0.
-- A lease that expired but that nobody took is ours again: the epoch is what counts.
local kept = {}
for n = 1, #KEYS / 2 do
  local own, lease, epoch = KEYS[2 * n - 1], KEYS[2 * n], ARGV[n + 2]
  kept[n] = 0
  if redis.call('HGET', own, 'epoch') == epoch then
    redis.call('SET', lease, ARGV[1] .. ':' .. epoch, 'PX', ARGV[2])
    kept[n] = 1
  end
end
return kept

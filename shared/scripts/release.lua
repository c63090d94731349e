-- Gives shards back. KEYS: own and lease of each. ARGV: the epoch of each. Returns for each 1, or 0 when it was not ours.
local given = {}
for n = 1, #KEYS / 2 do
  local own, lease = KEYS[2 * n - 1], KEYS[2 * n]
  given[n] = 0
  if redis.call('HGET', own, 'epoch') == ARGV[n] then
    redis.call('DEL', lease)
    given[n] = 1
  end
end
return given

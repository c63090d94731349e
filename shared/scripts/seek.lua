-- Which shards are free? KEYS: lease and active meetings of each.
-- Returns for each how many meetings go on in it, or -1 where somebody holds it.
local found = {}
for n = 1, #KEYS / 2 do
  found[n] = redis.call('EXISTS', KEYS[2 * n - 1]) == 1 and -1 or redis.call('SCARD', KEYS[2 * n])
end
return found

-- Says how a worker is, and tells what is offered and how all of its role are.
-- KEYS: offers, workers. ARGV: worker, heartbeat; an empty one is not said.
-- A Redis that takes no writes just now still tells.
if ARGV[2] ~= '' then
  redis.pcall('HSET', KEYS[2], ARGV[1], ARGV[2])
end
return {redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2])}

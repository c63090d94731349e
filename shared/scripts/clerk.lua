-- What the clerk of a meeting writes, all of it or nothing. It goes when the meeting goes.
-- KEYS: own, state, words, said, deliveries
-- ARGV: epoch ('' = not an owner's write), up to where the index is made as the clerk knows ('-' = whatever is so),
--       n, n × (state field, value), r, r × word to remove, w, w × word to add,
--       s, s × (line id, about it), d, d × (delivery id, record), k, k × (delivery id, record unless there is one)
-- Returns {'OK', ids of the deliveries that are new…}, {'FENCED'}, {'GONE'} or {'BEHIND'} (Redis forgot, or was told to).
local at = 2
local function take()
  at = at + 1
  return ARGV[at]
end

if ARGV[1] ~= '' and redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then
  return {'FENCED'}
end
if redis.call('EXISTS', KEYS[2]) == 0 then
  return {'GONE'}
end
if ARGV[2] ~= '-' and (redis.call('HGET', KEYS[2], 'indexed') or '') ~= ARGV[2] then
  return {'BEHIND'}
end
for _ = 1, tonumber(take()) do
  local field, value = take(), take()
  redis.call('HSET', KEYS[2], field, value)
end
for _ = 1, tonumber(take()) do
  redis.call('ZREM', KEYS[3], take())
end
for _ = 1, tonumber(take()) do
  redis.call('ZADD', KEYS[3], 0, take())
end
for _ = 1, tonumber(take()) do
  local line, about = take(), take()
  redis.call('HSET', KEYS[4], line, about)
end
for _ = 1, tonumber(take()) do
  local delivery, record = take(), take()
  redis.call('HSET', KEYS[5], delivery, record)
end
local reply = {'OK'}
for _ = 1, tonumber(take()) do
  local delivery, record = take(), take()
  if redis.call('HSETNX', KEYS[5], delivery, record) == 1 then
    reply[#reply + 1] = delivery
  end
end
local left = redis.call('PTTL', KEYS[2])
if left > 0 then
  for index = 3, 5 do
    redis.call('PEXPIRE', KEYS[index], left)
  end
end
return reply

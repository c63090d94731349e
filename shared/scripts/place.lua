-- Who is the bot in this call for? Taken by the first, or from a meeting that has no more need of it.
-- KEYS: place. ARGV: meeting that wants it ('' = nobody), meeting that may be replaced, ms to keep it.
-- Returns the meeting that has it now.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[2] then
  return holder
end
if ARGV[1] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
end
return ARGV[1]

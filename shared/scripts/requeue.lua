-- A dead letter becomes a command again: both or neither.
-- KEYS: dead, commands   ARGV: the letter's entry id
-- Returns 1, or 0 where there is no such letter.
local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
if #found == 0 then
  return 0
end
local fields = found[1][2]
local kept = {}
for n = 1, #fields, 2 do
  if fields[n] == 'type' or fields[n] == 'body' then
    kept[#kept + 1] = fields[n]
    kept[#kept + 1] = fields[n + 1]
  end
end
redis.call('XADD', KEYS[2], '*', unpack(kept))
redis.call('XDEL', KEYS[1], ARGV[1])
return 1

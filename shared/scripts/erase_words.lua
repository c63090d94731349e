-- Writes a timeline anew, each entry under its own id, where one person's words were taken out; and drops what was made
-- of it and can be made again.
-- KEYS: state, timeline, live captions, words and lines of the search index, dead letters, ingest's commands, brain's
--       commands
-- ARGV: the timeline's last id as the caller has read it, type and body of the fact that tells of it,
--       n, n × (entry id, type, body as it is kept),
--       then three times a number n and n entry ids: dead letters, commands of ingest, commands of the brain
-- Returns {'OK', id of the fact}, {'GONE'} or {'BEHIND'} (there are newer entries to be looked at).

-- include rewrite

local state, timeline = KEYS[1], KEYS[2]
if redis.call('EXISTS', state, timeline) < 2 then
  return {'GONE'}
end
local last = redis.call('XREVRANGE', timeline, '+', '-', 'COUNT', 1)
if not last[1] or last[1][1] ~= ARGV[1] then
  return {'BEHIND'}
end
local kept, past = {}, 5 + 3 * tonumber(ARGV[4])
for at = 5, past - 1, 3 do
  kept[ARGV[at]] = {ARGV[at + 1], ARGV[at + 2]}
end
local entries, left_ms = redis.call('XRANGE', timeline, '-', '+'), redis.call('PTTL', timeline)
redis.call('UNLINK', timeline, KEYS[3], KEYS[4], KEYS[5])
for _, entry in ipairs(entries) do
  local less = kept[entry[1]]
  if less then
    redis.call('XADD', timeline, entry[1], 'type', less[1], 'body', less[2], 'erased', '1')
  else
    redis.call('XADD', timeline, entry[1], unpack(entry[2]))
  end
end
if left_ms > 0 then
  redis.call('PEXPIRE', timeline, left_ms)
end
rewrite_all({KEYS[6], KEYS[7], KEYS[8]}, past)
redis.call('HDEL', state, 'brief', 'indexed', 'settled')
return {'OK', redis.call('XADD', timeline, '*', 'type', ARGV[2], 'body', ARGV[3])}

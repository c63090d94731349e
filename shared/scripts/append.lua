-- Appends a track's chunks with their source time as ID. KEYS: audio, state.
-- ARGV: track, source ms that the track must have reached ('' = not known), most chunks to keep, then source ms and sound
-- of each chunk.
-- Returns {'OK', chunks that were new, oldest chunks that went to keep no more than the most},
-- {'BEHIND'} (Redis forgot chunks, and nothing was appended: behind these ones no earlier ID would be taken), or
-- {'MISSING'} (there is no such track).
local audio, state = KEYS[1], KEYS[2]
local track, expected, most = ARGV[1], ARGV[2], tonumber(ARGV[3])
if redis.call('EXISTS', audio) == 0 then
  return {'MISSING'}
end
local length, reached = 0, -1
local about = redis.call('XINFO', 'STREAM', audio)
for field = 1, #about, 2 do
  if about[field] == 'length' then
    length = about[field + 1]
  elseif about[field] == 'last-generated-id' and about[field + 1] ~= '0-0' then
    reached = tonumber(string.match(about[field + 1], '^%d+'))
  end
end
if expected ~= '' and reached < tonumber(expected) then
  return {'BEHIND'}
end
local new, gone = 0, 0
for at = 4, #ARGV, 2 do
  local source_ms = tonumber(ARGV[at])
  if source_ms > reached then
    redis.call('XADD', audio, ARGV[at] .. '-1', 'pcm', ARGV[at + 1])
    reached = source_ms
    new = new + 1
  end
end
if length + new > most then
  gone = redis.call('XTRIM', audio, 'MAXLEN', '=', most)
  local first = redis.call('XRANGE', audio, '-', '+', 'COUNT', 1)
  redis.call('HSET', state, 'dropped:' .. track, string.match(first[1][1], '^%d+'))
end
return {'OK', tostring(new), tostring(gone)}

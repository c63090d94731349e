-- The one script by which facts reach a meeting. Either all of it happens or nothing.
-- KEYS: own, state, timeline, live, audio (or the timeline again), commands (or the timeline again), active, due
-- ARGV: epoch ('' = not an owner's write), guard field, guard value, value expected there ('' = any lower),
--       trim id,
--       n, n × (state field, value), m, m × (type, body), c, c × (type, body), type and body of a command to send,
--       meeting id to take from the active ones
-- Returns {'OK', the timeline's last id before, id of the command sent ('' = none), timeline ids…}, {'FENCED', epoch},
-- {'GONE'}, {'STALE', value} (committed before) or {'BEHIND', value} (Redis forgot what was committed, or has got it again
-- from who remembered it).
local LAST_MINUTE_MS, NET_MS = 60000, 3600000
local own, state, timeline, live, audio, commands = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local epoch, guard_field, guard_value, expected, trim_id = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local at = 5
local function take()
  at = at + 1
  return ARGV[at]
end

if epoch ~= '' then
  local current = redis.call('HGET', own, 'epoch')
  if current ~= epoch then
    redis.call('HINCRBY', own, 'fenced', 1)
    return {'FENCED', current or ''}
  end
end
if redis.call('EXISTS', state) == 0 then
  return {'GONE'}
end
if guard_field ~= '' then
  local value = tonumber(redis.call('HGET', state, guard_field) or '-1')
  if value >= tonumber(guard_value) then
    return {'STALE', tostring(value)}
  end
  if expected ~= '' and value ~= tonumber(expected) then
    return {'BEHIND', tostring(value)}
  end
  redis.call('HSET', state, guard_field, guard_value)
end
for _ = 1, tonumber(take()) do
  local field, value = take(), take()
  redis.call('HSET', state, field, value)
end
local last = redis.call('XREVRANGE', timeline, '+', '-', 'COUNT', 1)
local reply = {'OK', last[1] and last[1][1] or '0', ''}
for _ = 1, tonumber(take()) do
  local kind, body = take(), take()
  reply[#reply + 1] = redis.call('XADD', timeline, '*', 'type', kind, 'body', body)
end
local captions = tonumber(take())
for _ = 1, captions do
  local kind, body = take(), take()
  redis.call('XADD', live, 'MAXLEN', 4, '*', 'type', kind, 'body', body)
end
if captions > 0 then
  redis.call('PEXPIRE', live, 10000)
end
if trim_id ~= '' then
  redis.call('XTRIM', audio, 'MINID', trim_id)
end
local kind, body = take(), take()
if kind ~= '' then
  reply[3] = redis.call('XADD', commands, '*', 'type', kind, 'body', body)
end
local retired = take()
if retired ~= '' then
  redis.call('SREM', KEYS[7], retired)
  -- No audio is left to work on, and what was said goes when its time is over.
  local settings = redis.call('HGET', state, 'settings')
  local hours = settings and cjson.decode(settings)['retention_hours'] or 168
  for _, field in ipairs(redis.call('HKEYS', state)) do
    if string.sub(field, 1, 10) == 'committed:' then
      redis.call('UNLINK', string.sub(state, 1, -6) .. 'audio:' .. string.sub(field, 11))
    end
  end
  -- Ingest erases it when it is due; should none be there, Redis itself lets go of it a little later.
  local keep_ms = math.max(hours * 3600000, LAST_MINUTE_MS)
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  redis.call('ZADD', KEYS[8], string.format('%.0f', now + keep_ms), retired)
  redis.call('PEXPIRE', state, string.format('%.0f', keep_ms + NET_MS))
  redis.call('PEXPIRE', timeline, string.format('%.0f', keep_ms + NET_MS))
  for _, name in ipairs({'words', 'said', 'deliveries'}) do
    redis.call('PEXPIRE', string.sub(state, 1, -6) .. name, string.format('%.0f', keep_ms + NET_MS))
  end
end
return reply

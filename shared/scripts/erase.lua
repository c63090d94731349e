-- Erases a meeting but for one last fact that expires by itself, and whose id is returned.
-- KEYS: meetings, active, due, vendor erasures, erased, dead letters, ingest's commands, brain's commands, timeline,
--       then every other key of the meeting.
-- ARGV: meeting id, type, body, expiry ms, what a vendor is still to erase ('' = nothing), Unix ms of the next try,
--       Unix ms now, then three times a number n and n entry ids: dead letters, commands of ingest, commands of the brain

local function field(flat, name)
  for index = 1, #flat, 2 do
    if flat[index] == name then
      return flat[index + 1]
    end
  end
end

-- A deleted entry of a stream is only marked: its bytes stay beside those of its neighbours, in memory and in the
-- file. So the stream is written anew, with its ids, its group and what is in hand.
local function rewrite(key, group, dropped)
  if redis.call('XLEN', key) == 0 then
    return
  end
  local last, delivered, pending = field(redis.call('XINFO', 'STREAM', key), 'last-generated-id'), nil, {}
  for _, one in ipairs(redis.call('XINFO', 'GROUPS', key)) do
    if field(one, 'name') == group then
      delivered, pending = field(one, 'last-delivered-id'), redis.call('XPENDING', key, group, '-', '+', 100000)
    end
  end
  local entries = redis.call('XRANGE', key, '-', '+')
  redis.call('UNLINK', key)
  redis.call('XGROUP', 'CREATE', key, 'made', '0', 'MKSTREAM')
  redis.call('XGROUP', 'DESTROY', key, 'made')
  for _, entry in ipairs(entries) do
    if not dropped[entry[1]] then
      redis.call('XADD', key, entry[1], unpack(entry[2]))
    end
  end
  redis.call('XSETID', key, last)
  if delivered then
    redis.call('XGROUP', 'CREATE', key, group, delivered)
    for _, one in ipairs(pending) do
      if not dropped[one[1]] then
        redis.call('XCLAIM', key, group, one[2], 0, one[1], 'IDLE', one[3], 'RETRYCOUNT', one[4], 'FORCE', 'JUSTID')
      end
    end
  end
end

redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('SREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
if ARGV[5] ~= '' then
  redis.call('ZADD', KEYS[4], ARGV[6], ARGV[5])
end
redis.call('ZADD', KEYS[5], ARGV[7], ARGV[1])
local groups, at = {[7] = 'ingest', [8] = 'brain'}, 8
for stream = 6, 8 do
  local dropped, count = {}, tonumber(ARGV[at])
  for index = at + 1, at + count do
    dropped[ARGV[index]] = true
  end
  rewrite(KEYS[stream], groups[stream], dropped)
  at = at + count + 1
end
for index = 9, #KEYS do
  redis.call('UNLINK', KEYS[index])
end
local last = redis.call('XADD', KEYS[9], '*', 'type', ARGV[2], 'body', ARGV[3])
redis.call('PEXPIRE', KEYS[9], ARGV[4])
return last

-- Part of the scripts that take entries out of streams of commands and of dead letters.
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

-- Dead letters, commands of ingest, commands of the brain. In ARGV, from `at` on: for each a number n and n entry ids.
local function rewrite_all(keys, at)
  local groups = {'', 'ingest', 'brain'}
  for stream, key in ipairs(keys) do
    local dropped, count = {}, tonumber(ARGV[at])
    for index = at + 1, at + count do
      dropped[ARGV[index]] = true
    end
    rewrite(key, groups[stream], dropped)
    at = at + count + 1
  end
end

-- Which lines of some meetings of one shard have all words? The last word may be the beginning of one.
-- KEYS: state and words of each meeting. ARGV: tenant, then each word.
-- Returns for each meeting the ids of its lines; none for a meeting of another tenant.
local last = #ARGV

local function bounds(n)
  if n == last then
    return '[' .. ARGV[n], '(' .. ARGV[n] .. '\255'
  end
  return '[' .. ARGV[n] .. '\0', '(' .. ARGV[n] .. '\1'
end

local function lines_with(words, n)
  local found = {}
  local first, past = bounds(n)
  for _, member in ipairs(redis.call('ZRANGEBYLEX', words, first, past)) do
    found[string.sub(member, string.find(member, '\0', 1, true) + 1)] = true
  end
  return found
end

-- The rarest word is looked up, the others are asked about its lines only.
local function rarest(words)
  local best, fewest
  for n = 2, last do
    local first, past = bounds(n)
    local count = redis.call('ZLEXCOUNT', words, first, past)
    if count == 0 then
      return nil
    end
    if not best or count < fewest then
      best, fewest = n, count
    end
  end
  return best
end

local function keep_those_with(words, n, kept)
  local found = n == last and lines_with(words, n)
  for line in pairs(kept) do
    local has = found and found[line] or not found and redis.call('ZSCORE', words, ARGV[n] .. '\0' .. line)
    if not has then
      kept[line] = nil
    end
  end
end

local reply = {}
for index = 1, #KEYS, 2 do
  local lines, words = {}, KEYS[index + 1]
  local tenant = redis.call('HGET', KEYS[index], 'tenant') or 'default'
  local best = tenant == ARGV[1] and redis.call('EXISTS', KEYS[index]) == 1 and rarest(words)
  if best then
    local kept = lines_with(words, best)
    for n = 2, last do
      if n ~= best then
        keep_those_with(words, n, kept)
      end
    end
    for line in pairs(kept) do
      lines[#lines + 1] = line
    end
  end
  reply[#reply + 1] = lines
end
return reply

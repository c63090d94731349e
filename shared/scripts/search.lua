-- Which lines of some meetings of one shard have all words? The last word may be the beginning of one.
-- KEYS: state and words of each meeting. ARGV: tenant, then each word.
-- Returns for each meeting the ids of its lines; none for a meeting of another tenant.
local function lines_with(words, word, is_begun)
  local last = is_begun and '\255' or '\1'
  local found = {}
  local first = is_begun and word or (word .. '\0')
  for _, member in ipairs(redis.call('ZRANGEBYLEX', words, '[' .. first, '(' .. word .. last)) do
    found[string.sub(member, string.find(member, '\0', 1, true) + 1)] = true
  end
  return found
end

local reply = {}
for index = 1, #KEYS, 2 do
  local lines = {}
  local tenant = redis.call('HGET', KEYS[index], 'tenant') or 'default'
  if tenant == ARGV[1] and redis.call('EXISTS', KEYS[index + 1]) == 1 then
    local kept
    for n = 2, #ARGV do
      local found = lines_with(KEYS[index + 1], ARGV[n], n == #ARGV)
      if kept then
        for line in pairs(kept) do
          kept[line] = found[line] and true or nil
        end
      else
        kept = found
      end
      if next(kept) == nil then
        break
      end
    end
    for line in pairs(kept) do
      lines[#lines + 1] = line
    end
  end
  reply[#reply + 1] = lines
end
return reply

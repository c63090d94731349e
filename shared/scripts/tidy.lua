-- Takes commands away that are settled and older than the age. KEYS: commands. ARGV: group, newest id to take away.
-- Those that nobody read, and those in somebody's hand, stay however old they are. Returns how many went.
local groups = redis.call('XINFO', 'GROUPS', KEYS[1])
for _, group in ipairs(groups) do
  local about = {}
  for field = 1, #group, 2 do
    about[group[field]] = group[field + 1]
  end
  if about['name'] == ARGV[1] then
    local keep_from = ARGV[2]
    local function earlier(one, other)
      local ms, seq = string.match(one, '(%d+)-(%d+)')
      local other_ms, other_seq = string.match(other, '(%d+)-(%d+)')
      return tonumber(ms) < tonumber(other_ms) or (ms == other_ms and tonumber(seq) < tonumber(other_seq))
    end
    if earlier(about['last-delivered-id'], keep_from) then
      keep_from = about['last-delivered-id']
    end
    local pending = redis.call('XPENDING', KEYS[1], ARGV[1])
    if pending[2] and earlier(pending[2], keep_from) then
      keep_from = pending[2]
    end
    return redis.call('XTRIM', KEYS[1], 'MINID', keep_from)
  end
end
return 0

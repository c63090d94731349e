-- What a meeting has cost stays in the month's sum, without its id. KEYS: spending of a month. ARGV: meeting id.
local spent = redis.call('HGET', KEYS[1], ARGV[1])
if spent then
  redis.call('HINCRBYFLOAT', KEYS[1], 'erased', spent)
  redis.call('HDEL', KEYS[1], ARGV[1])
end
return 1

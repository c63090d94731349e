-- What is due in a shard; what has been kept for long enough goes on the way.
-- KEYS: due, vendor erasures, erased, dead letters. ARGV: Unix ms now, most of each, Unix ms before which an erased
-- meeting is not remembered any more, Unix ms before which a dead letter is not kept.
-- Returns the meetings and the vendor erasures that are due, each as members and times.
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', ARGV[3])
redis.call('XTRIM', KEYS[4], 'MINID', '=', ARGV[4])
return {
  redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[2]),
  redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[2]),
}

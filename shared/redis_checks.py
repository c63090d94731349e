"""Whether a Redis can be used as it is: reached, new enough, and set never to drop what was said."""

from collections.abc import Mapping
from typing import Any, cast

import redis.exceptions
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster

from shared.bus import Bus, new_bus
from shared.connections import LOST, is_cluster
from shared.errors import BusError

OLDEST = 7


async def open_bus(url: str) -> Bus:
    """Connects, and checks that this Redis can be used. Raises BusError with the remedy."""
    bus = new_bus(url)
    try:
        await check_redis(bus.redis, url)
    except BaseException:
        await bus.close()
        raise
    return bus


async def check_redis(client: Redis, url: str) -> None:
    """Raises BusError: absent, too old, set to evict keys, or a cluster where none was named."""
    where = url.rpartition("@")[2].rpartition("://")[2]
    try:
        servers = await infos_of(client)
    except redis.exceptions.AuthenticationError as error:
        raise BusError(f"Redis at {where} refused the password: check REDIS_URL") from error
    except redis.exceptions.NoPermissionError as error:
        raise BusError(f"Redis at {where} does not let this user work: see docs/operating.md for its ACL") from error
    except LOST as error:
        raise BusError(absent(where, error)) from error
    for info in servers:
        check_server(where, info, named_cluster=is_cluster(client))


def absent(where: str, error: BaseException) -> str:
    if "Cluster mode is not enabled" in str(error):
        return f"Redis at {where} is a single server, not a cluster: write redis:// instead of redis+cluster://"
    return (
        f"Redis at {where} cannot be reached: start it, correct REDIS_URL or REDIS_HOST, or unset both"
        " so that `chimein up` starts its own"
    )


async def infos_of(client: Redis) -> list[Mapping[str, Any]]:
    """What each primary says about itself."""
    if not is_cluster(client):
        return [await client.info()]
    found: Any = await cast("RedisCluster", client).info(target_nodes=RedisCluster.PRIMARIES)
    return [found] if "redis_version" in found else list(found.values())


def check_server(where: str, info: Mapping[str, Any], *, named_cluster: bool) -> None:
    """Raises BusError."""
    version = str(info.get("redis_version", "0"))
    if int(version.partition(".")[0]) < OLDEST:
        raise BusError(f"Redis at {where} is version {version}: chimein needs Redis 7.0 or Valkey 8 or newer")
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        raise BusError(
            f"Redis at {where} evicts keys when memory is short (maxmemory-policy {policy}), so meetings would lose"
            " words: run `CONFIG SET maxmemory-policy noeviction` and put it in redis.conf"
        )
    if info.get("cluster_enabled") == 1 and not named_cluster:
        raise BusError(f"Redis at {where} is part of a cluster: write redis+cluster://{where} in REDIS_URL")

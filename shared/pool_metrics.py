"""The connections to Redis of this process, counted when somebody asks for its metrics."""

from collections.abc import Iterator

from prometheus_client.core import REGISTRY, GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.asyncio import Redis

from shared.connections import is_cluster


class PoolMetrics(Collector):
    """Of the clients that were named to it; of a cluster's servers together."""

    def __init__(self) -> None:
        self._clients: list[Redis] = []

    def watch(self, client: Redis) -> None:
        self._clients.append(client)

    def forget(self, client: Redis) -> None:
        self._clients.remove(client)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily("chimein_redis_connections", "Connections to Redis that are open", labels=["state"])
        counts = [counts_of(client) for client in self._clients]
        family.add_metric(["in_use"], sum(in_use for in_use, _ in counts))
        family.add_metric(["idle"], sum(idle for _, idle in counts))
        yield family


def counts_of(client: Redis) -> tuple[int, int]:
    """In use, and idle. redis-py tells neither in public."""
    if is_cluster(client):
        nodes = client.nodes_manager.nodes_cache.values()  # type: ignore[attr-defined]  # a cluster's client
        idle = sum(len(node._free) for node in nodes)
        return sum(len(node._connections) for node in nodes) - idle, idle
    pool = client.connection_pool
    return len(pool._in_use_connections), len(pool._available_connections)


POOLS = PoolMetrics()
"""Of this process."""
REGISTRY.register(POOLS)

"""What tests of every package share: a real server, a bus on it, a clock that is moved by hand, meetings."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import hypothesis
import pytest

from rehearsal.redis_servers import RedisCluster, RedisServer, server_binaries
from shared.bus import Bus, new_bus
from shared.clock import ManualClock
from shared.ports import free_port
from shared.privacy import keep_to_ourselves

CLUSTER = "cluster"
FIRST = ("promises", "console")

keep_to_ourselves()
hypothesis.settings.register_profile("chimein", deadline=None)  # how long an example takes is for bench/
hypothesis.settings.load_profile("chimein")


def pytest_addoption(parser: pytest.Parser) -> None:
    kinds = [*server_binaries(), CLUSTER]
    parser.addoption("--redis", choices=kinds, default=kinds[0], help="The server, or the cluster, that tests run on.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first. What is in one group runs one after the other: a file; every page in a browser, and every
    rehearsal, because two of them would want the whole machine. A promise needs little of it, and is a group by itself.
    """
    items.sort(key=lambda item: (item.path.stem != "test_rehearsal", *(part not in item.path.parts for part in FIRST)))
    for item in items:
        group = "console" if "console" in item.path.parts else str(item.path)
        item.add_marker(pytest.mark.xdist_group(item.nodeid if "promises" in item.path.parts else group))


@pytest.fixture(autouse=True)
def one_server_only(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("one_server") and request.config.getoption("--redis") == CLUSTER:
        pytest.skip("looks into one server, or into its client")


@pytest.fixture(scope="session")
def redis_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server for the whole run, or a cluster of three primaries."""
    kind, folder = request.config.getoption("--redis"), tmp_path_factory.mktemp("redis")
    with asyncio.Runner() as runner:
        if kind == CLUSTER:
            servers = RedisCluster(folder, next(iter(server_binaries().values())), replicas=False)
            runner.run(servers.start())
            yield servers.url
        else:
            servers = RedisServer(server_binaries()[kind], folder, free_port())
            runner.run(servers.start())
            yield f"redis://127.0.0.1:{servers.port}/0"
        runner.run(servers.stop())


@pytest.fixture
async def bus(redis_url: str) -> AsyncIterator[Bus]:
    """An empty server."""
    bus = new_bus(redis_url)
    await bus.redis.flushall()
    yield bus
    await bus.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()

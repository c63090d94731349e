"""What tests of every package share: a real server, a bus on it, a clock that is moved by hand, meetings."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import hypothesis
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from rehearsal.redis_servers import RedisCluster, RedisServer, server_binaries
from shared.bus import Bus, new_bus
from shared.clock import ManualClock
from shared.ports import free_port
from shared.privacy import keep_to_ourselves

CLUSTER = "cluster"
FIRST = ("test_rehearsal.py", "promises", "console")

keep_to_ourselves()
hypothesis.settings.register_profile("chimein", deadline=None)  # how long an example takes is for bench/
hypothesis.settings.load_profile("chimein")


def pytest_addoption(parser: pytest.Parser) -> None:
    kinds = [*server_binaries(), CLUSTER]
    parser.addoption("--redis", choices=kinds, default=kinds[0], help="The server, or the cluster, that tests run on.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first."""
    items.sort(key=lambda item: [part not in item.path.parts for part in FIRST])


class Groups(LoadScopeScheduling):
    """What is in one group runs one after the other: a file; every page in a browser. A promise is a group by itself.

    For `--dist loadgroup`, whose own groups pytest-xdist 3.8 does not see under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return nodeid if "/promises/" in path else "console" if "/console/" in path else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    return Groups(config, log) if config.getvalue("dist") == "loadgroup" else None


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

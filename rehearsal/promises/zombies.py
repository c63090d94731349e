"""Promise 2: a worker that was stopped and wakes up can change nothing.

Each zombie has a line of its own to Redis. The line is held a moment before the process is stopped, so that whatever it
commits in that moment arrives late, when another one owns its meetings.
"""

import asyncio
import contextlib
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rehearsal.fault_proxy import FaultProxy
from rehearsal.promises.rig import Outcome, Rig
from rehearsal.promises.stage import ROLES, Stage, staged
from shared.leases import LEASE_MS

STOPPED_S = 3 * LEASE_MS / 1000
HELD_S = 0.8
GIVES_UP_WITHIN_S = 1.0
REST_S = 4.0
"""In which shards come back to who lost them."""


@dataclass
class Zombies:
    """What became of them."""

    stops: int = 0
    gave_up_s: list[float] = field(default_factory=list)
    late: Counter[str] = field(default_factory=Counter)
    """Commits that were refused, by role."""


async def run(rig: Rig) -> Outcome:
    failures: list[str] = []
    async with lines(rig) as proxies, staged(rig, workers=1, ways=ways(proxies)) as stage:
        for role in ROLES:
            await rig.start(role, f"{role}-heir", RECALL_BASE_URL=stage.recall.url)
        zombies = Zombies()
        stopping = asyncio.create_task(stop_now_and_then(stage, proxies, zombies), name="stopping")
        await stage.ask_while(asyncio.create_task(stage.play(), name="play"))
        await stopping
        figures = await stage.judge(failures)
        for role in ROLES:
            zombies.late[role] += await rig.fenced(role)
    slowest_s = max(zombies.gave_up_s, default=0.0)
    failures += [f"a zombie gave up {slowest_s:.2f} s after it woke"] * (slowest_s > GIVES_UP_WITHIN_S)
    failures += ["no commit came late: nothing was shown"] * (not zombies.late.total())
    figures |= {
        "stops": zombies.stops,
        "late_commits_refused": zombies.late.total(),
        "gave_up_after_s_max": round(slowest_s, 2),
    }
    return Outcome(2, "a zombie can do nothing", figures, failures)


@contextlib.asynccontextmanager
async def lines(rig: Rig) -> AsyncIterator[dict[str, FaultProxy]]:
    """One to Redis for each zombie."""
    port = urlsplit(rig.redis_url).port or 6379
    async with contextlib.AsyncExitStack() as stack:
        yield {f"{role}-1": await stack.enter_async_context(FaultProxy(port)) for role in ROLES}


def ways(proxies: dict[str, FaultProxy]) -> dict[str, dict[str, str]]:
    """The settings of each zombie."""
    return {name: {"REDIS_URL": f"redis://127.0.0.1:{proxy.port}/0"} for name, proxy in proxies.items()}


async def stop_now_and_then(stage: Stage, proxies: dict[str, FaultProxy], zombies: Zombies) -> None:
    """One of each role at once, as often as fits into the time."""
    await asyncio.sleep(REST_S)
    began = time.monotonic()
    room_s = stage.rig.load.seconds - STOPPED_S - 2 * REST_S
    while zombies.stops < stage.rig.load.kills and time.monotonic() - began < room_s:
        await asyncio.gather(*(stop_one(stage, name, proxy, zombies) for name, proxy in proxies.items()))
        await asyncio.sleep(REST_S)


async def stop_one(stage: Stage, name: str, proxy: FaultProxy, zombies: Zombies) -> None:
    rig = stage.rig
    await asyncio.sleep(rig.chance.uniform(0, 1.0))
    proxy.up.hold()
    await asyncio.sleep(HELD_S)
    rig.supervisors[name].kill(name, signal.SIGSTOP)
    zombies.stops += 1
    await asyncio.sleep(STOPPED_S)
    known = await rig.count_of(name, "shard.lost")
    proxy.up.release()
    rig.supervisors[name].kill(name, signal.SIGCONT)
    woke = time.monotonic()
    while time.monotonic() - woke < 2 * GIVES_UP_WITHIN_S:
        await asyncio.sleep(0.02)
        if await rig.count_of(name, "shard.lost") > known:
            break
    zombies.gave_up_s.append(time.monotonic() - woke)

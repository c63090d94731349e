"""Promise 3: Redis may die and forget its tail. Promise 4: it may be gone for long."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from rehearsal.fault_proxy import FaultProxy
from rehearsal.promises.rig import Outcome, Rig, pids_of, until
from rehearsal.promises.stage import Stage, finals, staged
from shared.connections import LOST
from shared.streams import COMMITTED, MIXED

# -- dies and forgets ---------------------------------------------------------------------------------------------

LIVE_WITHIN_MS = 3_000
MOST_CUT_BYTES = 500_000
EVERY_CUT = 3
"""Of so many deaths one also takes the end of the log along."""
ACCEPTS_WITHIN_S = 15.0


@dataclass
class Deaths:
    """Of Redis."""

    kills: int = 0
    cut_bytes: list[int] = field(default_factory=list)
    accepted_at: list[int] = field(default_factory=list)
    """When it took commands again, Unix ms."""


async def dies(rig: Rig) -> Outcome:
    failures: list[str] = []
    async with staged(rig, workers=2) as stage:
        pids, deaths = pids_of(rig), Deaths()
        killing = asyncio.create_task(kill_now_and_then(stage, deaths), name="killing")
        await stage.ask_while(asyncio.create_task(stage.play(), name="play"))
        await killing
        await one_death(stage, deaths, with_cut_log=True)
        figures = await stage.judge(failures)
        waits = [wait for at in deaths.accepted_at for wait in await next_finals(stage, at)]
        restarted = [name for name, pid in pids_of(rig).items() if pids[name] != pid]
    longest = max(waits, default=0)
    failures += [f"{longest} ms to the next final line"] * (longest >= LIVE_WITHIN_MS)
    failures += [f"{restarted} ended"] * bool(restarted)
    figures |= {
        "redis_killed": deaths.kills,
        "of_which_with_a_cut_log": len(deaths.cut_bytes),
        "cut_bytes_max": max(deaths.cut_bytes, default=0),
        "live_again_ms_max": longest,
        "workers_that_ended": len(restarted),
    }
    return Outcome(3, "Redis may die and forget its tail", figures, failures)


async def kill_now_and_then(stage: Stage, deaths: Deaths) -> None:
    rig = stage.rig
    assert rig.redis
    each_s = (rig.load.seconds - 6) / rig.load.kills
    await asyncio.sleep(3)
    for number in range(rig.load.kills):
        began = time.monotonic()
        await asyncio.sleep(rig.chance.uniform(0, each_s / 3))
        await one_death(stage, deaths, with_cut_log=number % EVERY_CUT == EVERY_CUT - 1)
        deaths.accepted_at.append(round(time.time() * 1000))
        await asyncio.sleep(max(0.0, each_s - (time.monotonic() - began)))


async def one_death(stage: Stage, deaths: Deaths, *, with_cut_log: bool) -> None:
    """Returns when it takes commands again. The last of them comes when all has been said: nothing more can show it."""
    rig = stage.rig
    assert rig.redis
    rig.redis.before_start = (lambda folder: cut_tail(rig, folder, deaths)) if with_cut_log else None
    os.kill(rig.redis.pid, signal.SIGKILL)
    deaths.kills += 1
    await asyncio.sleep(0.05)
    await until(lambda: answers(rig), ACCEPTS_WITHIN_S)
    rig.redis.before_start = None


def cut_tail(rig: Rig, folder: Path, deaths: Deaths) -> None:
    """Takes up to so many bytes off the log's end, but never more than a quarter of it."""
    for log in sorted((folder / "appendonlydir").glob("*.incr.aof"))[-1:]:
        size = log.stat().st_size
        deaths.cut_bytes.append(min(rig.chance.randrange(1, MOST_CUT_BYTES), size // 4))
        os.truncate(log, size - deaths.cut_bytes[-1])


async def answers(rig: Rig) -> bool:
    with contextlib.suppress(*LOST):
        return bool(await rig.bus.redis.ping())
    return False


async def next_finals(stage: Stage, at_ms: int) -> list[int]:
    """Ms until the next final line of each meeting that had one more."""
    found = [min((one for one in await finals(stage, meeting) if one > at_ms), default=0) for meeting in stage.meetings]
    return [one - at_ms for one in found if one]


# -- is gone for long ---------------------------------------------------------------------------------------------

OUTAGES_S = (45.0, 80.0)
"""Recall goes on dialling for 90 s."""
BYTES_PER_S = 32_000
SPARE = 1.2
RESIDENT_NOISE_BYTES = 8 << 20
DRAIN_SPEED = 5.0
BEHIND_MS = 4_000
"""A line of two seconds, and its way: who is no further behind is live."""


@dataclass
class Outage:
    """What one of them showed."""

    seconds: float
    began_at_s: float
    grown_bytes: int = 0
    said_why: bool = False
    live_after_s: float = 0.0


async def is_gone(rig: Rig) -> Outcome:
    failures: list[str] = []
    async with before_redis(rig) as proxy, staged(rig, workers=2) as stage:
        pids, began_s = pids_of(rig), time.monotonic()
        playing = asyncio.create_task(stage.ask_while(asyncio.create_task(stage.play(), name="play")))
        outages = []
        for seconds in outages_of(rig):
            await asyncio.sleep(10)
            outages.append(await one_outage(stage, proxy, seconds, began_s))
        await playing
        figures = await stage.judge(failures)
        ended = [name for name, pid in pids_of(rig).items() if pids[name] != pid]
    failures += [f"{ended} ended"] * bool(ended)
    for outage in outages:
        failures += judged(outage, rig.load.meetings)
        name = f"outage_{outage.seconds:.0f}_s"
        figures |= {
            f"{name}_ingest_grew_mb": round(outage.grown_bytes / 1e6, 1),
            f"{name}_live_again_s": round(outage.live_after_s, 1),
            f"{name}_drained_at_x": round(outage.seconds / max(outage.live_after_s, 0.1), 1),
        }
    figures |= {"processes_that_ended": len(ended)}
    return Outcome(4, "Redis may be gone for long", figures, failures)


def outages_of(rig: Rig) -> Sequence[float]:
    """Shorter ones where the run is to be short."""
    return OUTAGES_S if rig.load.seconds >= 240 else (rig.load.seconds / 4,)


@contextlib.asynccontextmanager
async def before_redis(rig: Rig) -> AsyncIterator[FaultProxy]:
    """All processes reach Redis through it; the rig itself does not."""
    own = rig.redis_url
    async with FaultProxy(urlsplit(own).port or 6379) as proxy:
        rig.redis_url = f"redis://127.0.0.1:{proxy.port}/0"
        try:
            yield proxy
        finally:
            rig.redis_url = own


async def one_outage(stage: Stage, proxy: FaultProxy, seconds: float, began_s: float) -> Outage:
    outage = Outage(seconds, time.monotonic())
    before = resident_bytes(stage.rig)
    proxy.shut()
    await asyncio.sleep(seconds * 0.9)
    outage.said_why = await says_why(stage)
    await asyncio.sleep(seconds * 0.1)
    outage.grown_bytes = resident_bytes(stage.rig) - before
    await proxy.open()
    back_s = time.monotonic()
    await until(lambda: is_live(stage, began_s), 4 * seconds + 30)
    outage.live_after_s = time.monotonic() - back_s
    return outage


def judged(outage: Outage, meetings: int) -> list[str]:
    most_bytes = BYTES_PER_S * SPARE * meetings * outage.seconds + RESIDENT_NOISE_BYTES
    name = f"outage of {outage.seconds:.0f} s"
    failures = [f"{name}: ingest grew by {outage.grown_bytes} bytes"] * (outage.grown_bytes > most_bytes)
    failures += [f"{name}: /ready did not say why"] * (not outage.said_why)
    slow = outage.live_after_s > max(outage.seconds / DRAIN_SPEED, BEHIND_MS / 1000 + 1)
    return failures + [f"{name}: live after {outage.live_after_s:.1f} s"] * slow


def resident_bytes(rig: Rig) -> int:
    pid = pids_of(rig)["ingest-1"]
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def says_why(stage: Stage) -> bool:
    async with stage.http.get("/ready") as reply:
        return reply.status == 503 and "cannot be reached" in await reply.text()


async def is_live(stage: Stage, began_s: float) -> bool:
    """Every meeting is final up to a moment ago."""
    now_ms = min((time.monotonic() - began_s), stage.rig.load.seconds) * 1000
    states = [await stage.rig.bus.state(meeting) for meeting in stage.meetings]
    return all(int(state.get(COMMITTED + MIXED, "0")) >= now_ms - BEHIND_MS for state in states)

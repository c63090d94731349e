"""Promise 13: silence is detected. What waits for ever is named, what is stuck is started again, and nothing is lost.

Faults come from outside: a module that Python loads at the start of each process of this rig makes it obey two signals,
and the speech engine's stand-in takes everything and says nothing.
"""

import asyncio
import math
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import msgspec

from rehearsal.deepgram.closing import CUT
from rehearsal.deepgram.server import DeepgramServer
from rehearsal.promises.rig import Outcome, Rig
from rehearsal.promises.stage import Stage, staged
from shared.clock import SystemClock
from shared.heartbeat import heartbeats
from shared.streams import TRANSCRIBER, MeetingKeys
from shared.watchdog import STUCK_EXIT

NAMED_WITHIN_S = 10.0
TAKEN_WITHIN_S = 15.0
SETTLE_S = 4.0
FAULTY = '''
import asyncio, signal, time

def block(*_):
    """The event loop does not turn any more."""
    time.sleep(60)

def hang(*_):
    """The next fact that a meeting's attention reads is read for ever."""
    from brain.attending import Attention
    good = Attention.read
    async def stuck(self, *args):
        Attention.read = good
        await asyncio.Event().wait()
    Attention.read = stuck

signal.signal(signal.SIGUSR1, block)
signal.signal(signal.SIGUSR2, hang)
'''
"""A `sitecustomize.py`."""

Look = Callable[[], Awaitable[bool]]


async def run(rig: Rig) -> Outcome:
    failures: list[str] = []
    figures: dict[str, float | int | str] = {}
    faulty = await asyncio.to_thread(write_faulty, rig.logs / "faulty")
    async with DeepgramServer() as deepgram:
        settings: dict[str, Any] = {
            "TRANSCRIBER_ENGINE": "deepgram",
            "DEEPGRAM_API_KEY": "rehearsal",
            "DEEPGRAM_BASE_URL": deepgram.url,
            "PYTHONPATH": os.pathsep.join([str(faulty), *sys.path]),
        }
        async with staged(rig, workers=2, **settings) as stage:
            playing = asyncio.create_task(stage.play(), name="play")
            await asyncio.sleep(SETTLE_S)
            for fault in (silent_vendor, stuck_handler, stuck_loop):
                figures |= await fault(stage, deepgram, failures)
            await playing
            judged = await stage.judge(failures)
            figures |= {name: judged[name] for name in ("words", "lost_ms", "doubled")}
    return Outcome(13, "silence is detected", figures, failures)


def write_faulty(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(FAULTY)
    return folder


async def named(stage: Stage, words: str) -> bool:
    """By the gateway, as anybody can see it."""
    async with stage.http.get("/ready") as reply:
        about = msgspec.json.decode(await reply.read(), type=dict[str, Any])
    told = [one for found in about["dependencies"].values() for one in found["problems"] + found["concerns"]]
    return any(words in one for one in told)


async def seconds_until(look: Look, within_s: float) -> float:
    """Infinite when it never is."""
    began = time.monotonic()
    while time.monotonic() - began < within_s:
        if await look():
            return time.monotonic() - began
        await asyncio.sleep(0.1)
    return math.inf


async def silent_vendor(stage: Stage, deepgram: DeepgramServer, failures: list[str]) -> dict[str, float]:
    """Its sockets are half-open: they take everything and say nothing."""
    deepgram.faults.half_open = True
    named_s = await seconds_until(partial(named, stage, "deepgram has told nothing"), 2 * NAMED_WITHIN_S)
    deepgram.faults.half_open = False
    deepgram.end_all(CUT)
    failures += [f"a silent vendor was named after {named_s:.1f} s"] * (named_s > NAMED_WITHIN_S)
    over_s = await seconds_until(partial(is_over, stage, "deepgram has told nothing"), 60)
    failures += ["it was never well again"] * math.isinf(over_s)
    return {"silent_vendor_named_after_s": round(named_s, 1)}


async def stuck_handler(stage: Stage, _: DeepgramServer, failures: list[str]) -> dict[str, float]:
    """A brain that waits for ever for what never comes."""
    rig = stage.rig
    rig.supervisors["brain-1"].kill("brain-1", signal.SIGUSR2)
    named_s = await seconds_until(partial(named, stage, "session of"), 2 * NAMED_WITHIN_S)
    over_s = named_s + await seconds_until(partial(is_over, stage, "session of"), 2 * TAKEN_WITHIN_S)
    failures += [f"a handler that hangs was named after {named_s:.1f} s"] * (named_s > NAMED_WITHIN_S)
    failures += [f"its meeting was taken over after {over_s:.1f} s"] * (over_s > TAKEN_WITHIN_S)
    return {"hanging_handler_named_after_s": round(named_s, 1), "taken_over_after_s": round(over_s, 1)}


async def stuck_loop(stage: Stage, _: DeepgramServer, failures: list[str]) -> dict[str, float]:
    """A transcriber whose event loop does not turn."""
    rig, began = stage.rig, time.monotonic()
    supervisor = rig.supervisors["transcriber-1"]
    pid = supervisor.children["transcriber-1"].process.pid
    name = await worker_with(rig, pid)
    supervisor.kill("transcriber-1", signal.SIGUSR1)
    ending = asyncio.create_task(supervisor.wait_exit("transcriber-1"))
    named_s = await seconds_until(partial(named, stage, f"{name} has said nothing"), 2 * NAMED_WITHIN_S)
    taken_s = named_s + await seconds_until(partial(is_taken, stage, name), 2 * TAKEN_WITHIN_S)
    code = await asyncio.wait_for(ending, 30)
    ended_s = time.monotonic() - began
    await supervisor.start_worker("transcriber", "transcriber-1")
    failures += [f"a stuck loop was named after {named_s:.1f} s"] * (named_s > NAMED_WITHIN_S)
    failures += [f"its meetings were taken over after {taken_s:.1f} s"] * (taken_s > TAKEN_WITHIN_S)
    failures += [f"the stuck process ended with {code}"] * (code != STUCK_EXIT)
    failures += [f"the stuck process ended after {ended_s:.1f} s"] * (ended_s > TAKEN_WITHIN_S)
    return {
        "stuck_loop_named_after_s": round(named_s, 1),
        "stuck_loop_taken_over_after_s": round(taken_s, 1),
        "stuck_process_ended_after_s": round(ended_s, 1),
    }


async def is_over(stage: Stage, words: str) -> bool:
    return not await named(stage, words)


async def worker_with(rig: Rig, pid: int) -> str:
    beats = await heartbeats(rig.bus.redis, TRANSCRIBER, SystemClock().now_ms())
    return next(name for name, last in beats.items() if last.pid == pid)


async def is_taken(stage: Stage, worker: str) -> bool:
    """None of the meetings is that worker's any more."""
    keys = [MeetingKeys(meeting).shard.own(TRANSCRIBER) for meeting in stage.meetings]
    owners = [await cast("Any", stage.rig.bus.redis.hget(key, "owner")) for key in keys]
    return worker.encode() not in owners

"""Promise 14: whatever happens, in whatever order, the invariants hold. First many histories in made-up time, then one
of real processes on a cluster, both drawn from the seed."""

import asyncio
import contextlib
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from rehearsal.fake_bot import Call, FakeBot, Plan
from rehearsal.fault_proxy import FaultProxy
from rehearsal.promises.failover import move_a_slot
from rehearsal.promises.imagined import histories
from rehearsal.promises.rig import Outcome, Rig
from rehearsal.promises.stage import BLOCKS_PER_FRAME, ROLES, Stage, staged
from shared.streams import MeetingKeys

REST_S = (1.0, 4.0)
STOPPED_S = (0.5, 9.0)
DELAY_S = (0.2, 2.0)
RESEND_S = 5.0
MOST_EXTRA = 2
"""Workers of a role beyond the two that it begins with."""
END_S = 10.0
"""Without faults, at the end."""


@dataclass
class History:
    """What was drawn."""

    faults: Counter[str] = field(default_factory=Counter)
    extra: dict[str, list[str]] = field(default_factory=dict)
    """Names of the workers that were added, by role."""
    began: int = 0
    links: list[FaultProxy] = field(default_factory=list)
    """From the bots to the ingests."""
    pausing: set[asyncio.Task[None]] = field(default_factory=set)


async def run(rig: Rig) -> Outcome:
    """`kills` is how many histories are made up."""
    failures, imagined = await histories(rig.bus, range(rig.load.seed, rig.load.seed + rig.load.kills))
    await rig.bus.redis.flushall()
    async with contextlib.AsyncExitStack() as links:
        stage = await links.enter_async_context(
            staged(rig, workers=2, ingests=2, INGEST_DRAIN_S="3", RECALL_SOCKETS="2")
        )
        history = History()
        await link_bots(stage, history, links)
        drawing = asyncio.create_task(draw_again_and_again(stage, history), name="drawing")
        await stage.ask_while(asyncio.create_task(talk(stage), name="play"))
        await drawing
        await asyncio.gather(*history.pausing)
        figures = await stage.judge(failures)
        failures += await strangers_in_keys(stage)
    figures |= imagined | {f"of_{name}": count for name, count in sorted(history.faults.items())}
    return Outcome(14, "histories keep the invariants", figures, failures)


async def link_bots(stage: Stage, history: History, links: contextlib.AsyncExitStack) -> None:
    """Every bot has a socket to each ingest, through a line of its own that can be cut and slowed."""
    for n, meeting in enumerate(stage.meetings):
        call = Call()
        for port in stage.sockets:
            link = await links.enter_async_context(FaultProxy(port))
            history.links.append(link)
            plan = Plan(
                seconds=stage.rig.load.seconds, redial_s=0.5, resend_s=RESEND_S, blocks_per_frame=BLOCKS_PER_FRAME
            )
            stage.bots.append(FakeBot(await stage.socket_url(link.port, meeting), n, plan, call))


async def talk(stage: Stage) -> None:
    await asyncio.gather(*(bot.run() for bot in stage.bots))


async def draw_again_and_again(stage: Stage, history: History) -> None:
    rig, began = stage.rig, time.monotonic()
    faults: dict[str, Callable[[Stage, History], Awaitable[None]]] = {
        "kill": kill,
        "stop": stop,
        "cut": cut,
        "delay": delay,
        "scale_up": scale_up,
        "scale_down": scale_down,
        "reshard": reshard,
    }
    while time.monotonic() - began < rig.load.seconds - END_S:
        await asyncio.sleep(rig.chance.uniform(*REST_S))
        name = rig.chance.choice(sorted(faults))
        history.faults[name] += 1
        await faults[name](stage, history)


async def kill(stage: Stage, history: History) -> None:
    await stage.rig.kill_and_start(*one_worker(stage, history))


async def stop(stage: Stage, history: History) -> None:
    """And goes on a while later, whatever happens meanwhile."""
    _, name = one_worker(stage, history)
    supervisor = stage.rig.supervisors[name]
    pid = supervisor.children[name].process.pid
    supervisor.kill(name, signal.SIGSTOP)

    async def wake() -> None:
        await asyncio.sleep(stage.rig.chance.uniform(*STOPPED_S))
        if supervisor.children[name].process.pid == pid:
            supervisor.kill(name, signal.SIGCONT)

    history.pausing.add(asyncio.create_task(wake(), name=f"wake-{name}"))


async def cut(stage: Stage, history: History) -> None:
    """One line of a bot; it dials again and sends the last seconds once more."""
    stage.rig.chance.choice(history.links).cut()


async def delay(stage: Stage, history: History) -> None:
    link, seconds = stage.rig.chance.choice(history.links), stage.rig.chance.uniform(*DELAY_S)
    history.pausing.add(asyncio.create_task(link.stall(seconds), name="delay"))


async def scale_up(stage: Stage, history: History) -> None:
    role = stage.rig.chance.choice(ROLES)
    extra = history.extra.setdefault(role, [])
    if len(extra) < MOST_EXTRA:
        history.began += 1
        extra.append(f"{role}-extra-{history.began}")
        await stage.rig.start(role, extra[-1], RECALL_BASE_URL=stage.recall.url)


async def scale_down(stage: Stage, history: History) -> None:
    role = stage.rig.chance.choice(ROLES)
    if extra := history.extra.get(role):
        name = extra.pop()
        stage.rig.supervisors[name].kill(name, signal.SIGCONT)
        stage.rig.supervisors[name].children[name].process.terminate()
        await stage.rig.supervisors[name].wait_exit(name)


async def reshard(stage: Stage, history: History) -> None:
    await move_a_slot(stage)


def one_worker(stage: Stage, history: History) -> tuple[str, str]:
    role = stage.rig.chance.choice(ROLES)
    return role, stage.rig.chance.choice([f"{role}-1", f"{role}-2", *history.extra.get(role, [])])


async def strangers_in_keys(stage: Stage) -> list[str]:
    """I5: no key of a meeting names another one."""
    ids, found = [*stage.meetings, *stage.quiet], list[str]()
    for meeting in ids:
        others = [one.encode() for one in ids if one != meeting]
        async for key in stage.rig.bus.redis.scan_iter(f"{MeetingKeys(meeting).prefix}:*"):
            content = await content_of(stage.rig.bus.redis, key)
            found += [f"{key!r} names {other!r}" for other in others if other in content]
    return found


async def content_of(redis: Any, key: bytes) -> bytes:
    """All that it holds, one after the other."""
    kind = await redis.type(key)
    if kind == b"hash":
        return b" ".join(part for pair in (await redis.hgetall(key)).items() for part in pair)
    if kind == b"stream":
        return b" ".join(value for _, fields in await redis.xrange(key) for value in fields.values())
    return await redis.get(key) or b"" if kind == b"string" else b""

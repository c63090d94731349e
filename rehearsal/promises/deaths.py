"""Promise 1: workers may die at any time."""

import asyncio
import signal
import time
from dataclasses import dataclass, field

from rehearsal.promises.rig import Outcome, Rig
from rehearsal.promises.stage import ROLES, Stage, first_final_after, staged
from shared.streams import TRANSCRIBER, MeetingKeys

RESTART_WITHIN_S = 5.0
P95_MS, MAX_MS = 3_000, 5_000


@dataclass
class Deaths:
    """When which meetings lost their transcriber, Unix ms."""

    kills: int = 0
    bereft: list[tuple[int, str]] = field(default_factory=list)


async def run(rig: Rig) -> Outcome:
    failures: list[str] = []
    async with staged(rig, workers=2) as stage:
        deaths = Deaths()
        killing = asyncio.create_task(kill_now_and_then(stage, deaths), name="killing")
        await stage.ask_while(asyncio.create_task(stage.play(), name="play"))
        await killing
        figures = await stage.judge(failures)
        waits = sorted([await first_final_after(stage, at, meeting) for at, meeting in deaths.bereft])
    p95, longest = waits[int(len(waits) * 0.95)] if waits else 0, waits[-1] if waits else 0
    failures += [f"p95 {p95} ms to the next final line"] * (p95 >= P95_MS)
    failures += [f"{longest} ms to the next final line"] * (longest >= MAX_MS)
    figures |= {"kills": deaths.kills, "next_final_p95_ms": p95, "next_final_max_ms": longest}
    return Outcome(1, "workers may die at any time", figures, failures)


async def kill_now_and_then(stage: Stage, deaths: Deaths) -> None:
    """As often as the load says, spread over its time; never the only one of a role that is alive."""
    rig = stage.rig
    each_s = rig.load.seconds / (rig.load.kills + 1)
    for _ in range(rig.load.kills):
        began = time.monotonic()
        role, number = rig.chance.choice(ROLES), rig.chance.choice((1, 2))
        name = f"{role}-{number}"
        if role == TRANSCRIBER:
            await note_bereft(stage, name, deaths)
        rig.supervisors[name].kill(name, signal.SIGKILL)
        deaths.kills += 1
        await rig.supervisors[name].wait_exit(name)
        await asyncio.sleep(rig.chance.uniform(0, min(RESTART_WITHIN_S, each_s / 2)))
        await rig.supervisors[name].start_worker(role, name)
        await asyncio.sleep(max(0.0, each_s - (time.monotonic() - began)))


async def note_bereft(stage: Stage, name: str, deaths: Deaths) -> None:
    """Which meetings does this process transcribe now?"""
    pid, now = stage.rig.supervisors[name].children[name].process.pid, round(time.time() * 1000)
    for meeting in stage.meetings:
        if await owner_pid(stage, meeting, TRANSCRIBER) == pid:
            deaths.bereft.append((now, meeting))


async def owner_pid(stage: Stage, meeting_id: str, role: str) -> int:
    """0 where nobody owns it. A worker's name is host, pid and a random part."""
    owner = await stage.rig.bus.redis.hget(MeetingKeys(meeting_id).shard.own(role), "owner")
    return int(bytes(owner).decode().split("-")[-2]) if isinstance(owner, bytes) else 0

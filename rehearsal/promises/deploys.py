"""Promise 9: deploys are inaudible. Every worker is told to stop, in turn, again and again, and a new one comes."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import quantiles

from rehearsal.promises.rig import Outcome, Rig
from rehearsal.promises.stage import ROLES, Stage, finals, staged

GONE_WITHIN_S = 10.0
HOLE_MS = 1_000
REST_S = 2.0
INGEST_DRAIN_S = 8.0


@dataclass
class Stops:
    """How each of them ended."""

    codes: list[int] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)
    ingest_s: list[float] = field(default_factory=list)


async def run(rig: Rig) -> Outcome:
    """Two ingests, to each of which every bot has a socket; two workers of each role."""
    failures: list[str] = []
    async with staged(rig, workers=2, ingests=2, INGEST_DRAIN_S=str(INGEST_DRAIN_S), RECALL_SOCKETS="2") as stage:
        stops, since = Stops(), round(time.time() * 1000)
        deploying = asyncio.create_task(deploy_again_and_again(stage, stops), name="deploying")
        await stage.ask_while(asyncio.create_task(stage.play(), name="play"))
        await deploying
        figures = await stage.judge(failures)
        fenced = await rig.fenced(*ROLES)
        holes = [hole for meeting in stage.meetings for hole in holes_of(await finals(stage, meeting), since)]
    normal, longest = (round(quantiles(holes, n=100)[49]), max(holes)) if len(holes) > 1 else (0, 0)
    failures += [f"exit codes {sorted(set(stops.codes))}"] * any(stops.codes)
    slowest_s = max(stops.took_s, default=0.0)
    failures += [f"a worker was gone after {slowest_s:.1f} s"] * (slowest_s >= GONE_WITHIN_S)
    failures += [f"{longest} ms between two final lines, {normal} ms are normal"] * (longest > normal + HOLE_MS)
    failures += [f"{fenced} writes were fenced: a shard was taken, not handed over"] * bool(fenced)
    figures |= {
        "stops": len(stops.codes),
        "gone_after_s_max": round(slowest_s, 1),
        "ingest_gone_after_s_max": round(max(stops.ingest_s, default=0.0), 1),
        "between_finals_ms_normal": normal,
        "between_finals_ms_max": longest,
        "fenced_writes": fenced,
    }
    return Outcome(9, "deploys are inaudible", figures, failures)


async def deploy_again_and_again(stage: Stage, stops: Stops) -> None:
    """Each worker in turn, until the time is nearly over; the load says how often at the most."""
    names = [f"{role}-{n}" for n in (1, 2) for role in (*ROLES, "ingest")]
    began, turn = time.monotonic(), 0
    room_s = stage.rig.load.seconds - GONE_WITHIN_S - REST_S
    while turn < len(names) * stage.rig.load.kills and time.monotonic() - began < room_s:
        name = names[turn % len(names)]
        await deploy(stage, name, stops)
        turn += 1
        await asyncio.sleep(REST_S)


async def deploy(stage: Stage, name: str, stops: Stops) -> None:
    """The old one is told to stop; once it is gone, the new one comes."""
    role = name.partition("-")[0]
    supervisor = stage.rig.supervisors[name]
    began = time.monotonic()
    supervisor.children[name].process.terminate()
    stops.codes.append(await supervisor.wait_exit(name))
    (stops.ingest_s if role == "ingest" else stops.took_s).append(time.monotonic() - began)
    await supervisor.start_worker(role, name)


def holes_of(finals_at: Sequence[int], since: int) -> list[int]:
    """Ms between the final lines of one meeting."""
    at = [one for one in finals_at if one >= since]
    return [later - earlier for earlier, later in pairwise(at)]

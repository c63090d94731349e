"""How many meetings at real time one core holds, and what each of them costs.

    python -m bench.load

The processes in question share one core; Redis and the bots have the other. Meetings are added until frames reach the
log late, a loop stalls, or not every frame is taken. Engines take no time; captions twice a second, a line every two,
so that the log is written as for people who never pause. Writes bench-output/load.json.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import reduce

import aiohttp
import msgspec

from bench import meter
from bench.crowd import Crowd
from bench.system import OUTPUT, ROLES, System, metrics_port, running
from rehearsal.scraped import Scraped, Spread, scrape

PAIR = ("ingest", "transcriber")
LEVELS = (1, 10, 50, 100, 200, 300, 400, 500, 600)
SETTLE_S = 3.0
MEASURE_S = float(os.environ.get("MEASURE_S", "8"))
TRIES = 2
MOST_LATE_S = 0.05
LEAST_TAKEN = 0.98
"""Of the frames that are due; the bots share the machine too."""
FRAMES_PER_S = 10
LOG, LATE = "chimein_ingest_frame_to_log_seconds", "chimein_loop_late_seconds"
CHUNKS = "chimein_ingest_chunks_total"


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """So many meetings at once."""

    meetings: int
    cpu_us_per_frame: dict[str, float]
    """Of each process, and of Redis."""
    cores: dict[str, float]
    taken: float
    """Of the frames that were due."""
    frame_to_log_p50_ms: float
    frame_to_log_p99_ms: float
    loop_late_p99_ms: float
    redis_bytes: int
    rss_bytes: int

    @property
    def holds(self) -> bool:
        is_late = max(self.frame_to_log_p99_ms, self.loop_late_p99_ms) > MOST_LATE_S * 1000
        return self.taken >= LEAST_TAKEN and not is_late


async def main() -> None:
    results = {}
    for name, roles in (("pair", PAIR), ("whole", ROLES)):
        print(f"{name}: {', '.join(roles)}\n{HEAD}", flush=True)
        results[name] = await climb(roles)
    (OUTPUT / "load.json").write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1))
    print(json.dumps(figures(results), indent=1))


async def climb(roles: Sequence[str]) -> list[Level]:
    """Until a level does not hold any more."""
    async with running({}, roles) as system, aiohttp.ClientSession() as http, AsyncExitStack() as crowds:
        share_cores(system, roles)
        empty_bytes = await redis_bytes(system)
        levels: list[Level] = []
        there = 0
        for count in LEVELS:
            crowd = Crowd(system.bus, system.ports["INGEST_PORT"])
            crowds.push_async_callback(crowd.close)
            await crowd.join(count - there)
            crowd.talk()
            there = count
            levels.append(await settled(system, http, roles, count, empty_bytes))
            if not levels[-1].holds:
                break
        return levels


async def settled(
    system: System, http: aiohttp.ClientSession, roles: Sequence[str], meetings: int, empty_bytes: int
) -> Level:
    """What does not hold is measured once more: something else may have been busy."""
    for _ in range(TRIES):
        await asyncio.sleep(SETTLE_S)
        level = await measure(system, http, roles, meetings, empty_bytes)
        show(level)
        if level.holds:
            break
    return level


def share_cores(system: System, roles: Sequence[str]) -> None:
    """On a machine with one core there is nothing to share out."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        for role in roles:
            meter.pin(system.pids[role], cores[1])
        for pid in (system.pids["redis"], os.getpid()):
            meter.pin(pid, cores[0])


async def measure(
    system: System, http: aiohttp.ClientSession, roles: Sequence[str], meetings: int, empty_bytes: int
) -> Level:
    before, first = await look(system, http, roles), meter.read(system.pids)
    await asyncio.sleep(MEASURE_S)
    after, last = await look(system, http, roles), meter.read(system.pids)
    frames = after["ingest"].totals[CHUNKS] - before["ingest"].totals[CHUNKS]
    took_s = (last.at_ns - first.at_ns) / 1e9
    cores = last.cores_since(first)
    log = after["ingest"].spread(LOG).since(before["ingest"].spread(LOG))
    lates = [after[role].spread(LATE).since(before[role].spread(LATE)) for role in roles]
    late = reduce(Spread.plus, lates)
    return Level(
        meetings=meetings,
        cpu_us_per_frame={name: round(share * took_s * 1e6 / max(frames, 1), 1) for name, share in cores.items()},
        cores={name: round(share, 4) for name, share in cores.items()},
        taken=round(frames / (meetings * FRAMES_PER_S * took_s), 4),
        frame_to_log_p50_ms=log.quantile(0.5) * 1000,
        frame_to_log_p99_ms=log.quantile(0.99) * 1000,
        loop_late_p99_ms=late.quantile(0.99) * 1000,
        redis_bytes=await redis_bytes(system) - empty_bytes,
        rss_bytes=sum(meter.rss_bytes_of(system.pids[role]) for role in roles),
    )


async def look(system: System, http: aiohttp.ClientSession, roles: Sequence[str]) -> dict[str, Scraped]:
    return {role: await scrape(http, metrics_port(system.ports, role)) for role in roles}


async def redis_bytes(system: System) -> int:
    return int((await system.bus.redis.info("memory"))["used_memory"])


def levels_of(found: list[dict[str, object]]) -> list[Level]:
    """As they were written."""
    return msgspec.convert(found, list[Level])


def figures(results: dict[str, list[Level]]) -> dict[str, float]:
    """What other tables are computed from. Costs are those of the fullest level that holds."""
    pair, whole = [[level for level in results[name] if level.holds] for name in ("pair", "whole")]
    if not (pair and whole):
        raise SystemExit("not even one meeting holds: is the machine busy with something else?")
    top, first = pair[-1], results["whole"][0]
    return {
        "cpu_us_per_frame": round(sum(top.cpu_us_per_frame[role] for role in PAIR), 1),
        "cpu_us_per_frame_at_100": round(
            sum(level.cpu_us_per_frame[role] for level in pair for role in PAIR if level.meetings == 100), 1
        ),
        "cpu_us_per_frame_of_redis": top.cpu_us_per_frame["redis"],
        "cpu_us_per_frame_of_all": round(sum(whole[-1].cpu_us_per_frame[role] for role in ROLES), 1),
        "meetings_per_core": top.meetings,
        "meetings_per_core_of_all": whole[-1].meetings,
        "redis_bytes_per_meeting": round(top.redis_bytes / top.meetings),
        "rss_mb_per_meeting": round((whole[-1].rss_bytes - first.rss_bytes) / whole[-1].meetings / 1e6, 3),
        "rss_mb_of_one": round(first.rss_bytes / 1e6),
        "frame_to_log_p99_ms": top.frame_to_log_p99_ms,
    }


HEAD = f"{'':<9} {'meetings':>8} {'µs/frame':>9} {'redis':>7} {'cores':>6} {'taken':>6} {'log p99':>8} {'late p99':>9}"


def show(level: Level) -> None:
    used = sum(took for name, took in level.cpu_us_per_frame.items() if name != "redis")
    cores = sum(share for name, share in level.cores.items() if name != "redis")
    print(
        f"{'' if level.holds else 'too many':<9} {level.meetings:>8} {used:>9.0f}"
        f" {level.cpu_us_per_frame['redis']:>7.0f} {cores:>6.2f} {level.taken:>6.2f}"
        f" {level.frame_to_log_p99_ms:>6.0f}ms {level.loop_late_p99_ms:>7.0f}ms",
        flush=True,
    )


if __name__ == "__main__":
    asyncio.run(main())

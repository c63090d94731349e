"""Promise 15: load and own latency. Many meetings at real time, people who ask aloud; then more, until none fits."""

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, cast

from rehearsal.openai.server import API_KEY, OpenAIServer
from rehearsal.promises.ramp import climb
from rehearsal.promises.rig import Outcome, Rig
from rehearsal.promises.stage import Stage, staged
from rehearsal.scraped import Scraped, Spread, scrape
from shared.events import Line, LineHeard, new_id
from shared.ports import free_port
from shared.stages import all_stages
from shared.streams import MIXED

WORKERS = ("ingest", "transcriber", "brain", "speaker")
LOG, LATE = "chimein_ingest_frame_to_log_seconds", "chimein_loop_late_seconds"
RSS = "process_resident_memory_bytes"
LOG_P99_MS, LATE_P99_MS, OWN_P50_MS, OWN_P99_MS = 50.0, 50.0, 60, 150
MOST_GROWTH = 0.05
GROWS_FROM_S = 300.0
"""In a shorter run processes still warm up: their growth is shown, and not judged."""
LOOK_EVERY_S = 2.0
ASK_EVERY_S = 1.0
FULL_FORM = 50
"""Meetings from which on the ramp ends where the machine does; a smaller run has a limit set for it."""
FACTS = ("release", "price", "budget", "venue", "colour")


@dataclass
class Watched:
    """What the processes tell of themselves, from the first look to the last."""

    ports: Mapping[str, int]
    first: dict[str, Scraped] = field(default_factory=dict)
    last: dict[str, Scraped] = field(default_factory=dict)
    rss: list[float] = field(default_factory=list)

    async def look(self, stage: Stage) -> None:
        self.last = {role: await scrape(stage.http, port) for role, port in self.ports.items()}
        self.first = self.first or self.last
        self.rss.append(sum(scraped.totals[RSS] for scraped in self.last.values()))

    def begin_anew(self) -> None:
        self.first = self.last

    @property
    def log(self) -> Spread:
        return self.last["ingest"].spread(LOG).since(self.first["ingest"].spread(LOG))

    @property
    def late(self) -> Spread:
        spread = Spread({})
        for role in self.ports:
            spread = spread.plus(self.last[role].spread(LATE).since(self.first[role].spread(LATE)))
        return spread

    @property
    def growth(self) -> float:
        """Of all processes together, from the second fifth of the time to the last: the first warms up."""
        fifth = len(self.rss) // 5
        if not fifth:
            return 0.0
        early = statistics.median(self.rss[fifth : 2 * fifth])
        return statistics.median(self.rss[-fifth:]) / early - 1


async def run(rig: Rig) -> Outcome:
    failures: list[str] = []
    ports = {role: free_port() for role in WORKERS}
    settings = {f"{role.upper()}_STATUS_PORT": str(port) for role, port in ports.items()}
    is_small = rig.load.meetings < FULL_FORM
    most = 2 * rig.load.meetings if is_small else 0
    async with OpenAIServer(answer) as model:
        settings |= {"OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": API_KEY, "MAX_MEETINGS": str(most)}
        async with staged(rig, workers=1, **cast("dict[str, Any]", settings)) as stage:
            watched = Watched(ports)
            await play(stage, watched)
            figures = figures_of(watched, await own_shares(stage), failures)
            figures |= await stage.judge(failures)
            figures |= await climb(stage, watched, failures, step=max(4, rig.load.meetings // 4))
    if rig.load.seconds >= GROWS_FROM_S and watched.growth >= MOST_GROWTH:
        failures.append(f"memory has grown by {watched.growth:.1%}")
    return Outcome(15, "load and own latency", figures, failures)


async def play(stage: Stage, watched: Watched) -> None:
    """Everybody talks, people ask aloud, and somebody looks at how the processes are."""
    await watched.look(stage)
    tasks = [
        asyncio.create_task(ask_in_turn(stage), name="asking"),
        asyncio.create_task(keep_looking(stage, watched), name="looking"),
    ]
    try:
        await stage.play()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await watched.look(stage)


async def keep_looking(stage: Stage, watched: Watched) -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        await watched.look(stage)


async def ask_in_turn(stage: Stage) -> None:
    """In the quiet meetings, one after the other: what is asked is in the transcript just before."""
    began = time.monotonic()
    pause_s = max(ASK_EVERY_S, 4.0 / len(stage.quiet))
    for n, meeting in enumerate(cycle(stage.quiet)):
        at_ms = round((time.monotonic() - began) * 1000)
        topic = FACTS[n % len(FACTS)]
        await say(stage, meeting, f"The {topic} is settled as number {n}.", at_ms)
        await say(stage, meeting, f"Chime, what is the {topic}?", at_ms + 10)
        await asyncio.sleep(pause_s)


async def say(stage: Stage, meeting: str, text: str, start_ms: int) -> None:
    """A final line, as a transcriber writes it."""
    line = Line(id=new_id(), track=MIXED, speaker="Ann", start_ms=start_ms, end_ms=start_ms + 10, text=text)
    at = round(time.time() * 1000)
    await stage.rig.bus.append(meeting, LineHeard(id=f"{meeting}/{line.id}", meeting_id=meeting, at=at, line=line))


def answer(_: Sequence[Mapping[str, object]], __: Mapping[str, object] | None) -> str:
    return "It is settled [1]."


async def own_shares(stage: Stage) -> list[int]:
    """Of every answer that was begun to be said in the quiet meetings, in ms, in order of size."""
    found = [stages for meeting in stage.quiet for stages in all_stages(await stage.rig.facts(meeting))]
    return sorted(stages.own_ms for stages in found if stages.via == "voice")


def figures_of(watched: Watched, own: list[int], failures: list[str]) -> dict[str, float | int | str]:
    log_ms, late_ms = watched.log.quantile(0.99) * 1000, watched.late.quantile(0.99) * 1000
    own_p50 = statistics.median(own) if own else 0
    own_p99 = own[int(len(own) * 0.99)] if own else 0
    failures += [f"p99 of frame to log is {log_ms:g} ms"] * (log_ms > LOG_P99_MS)
    failures += [f"p99 of a loop's lateness is {late_ms:g} ms"] * (late_ms > LATE_P99_MS)
    failures += [f"p50 of the own share is {own_p50} ms"] * (own_p50 > OWN_P50_MS)
    failures += [f"p99 of the own share is {own_p99} ms"] * (own_p99 > OWN_P99_MS)
    failures += ["nobody was answered aloud"] * (not own)
    return {
        "frames": int(watched.log.count),
        "frame_to_log_p99_ms_at_most": log_ms,
        "loop_late_p99_ms_at_most": late_ms,
        "own_share_first_audio_p50_ms": own_p50,
        "own_share_first_audio_p99_ms": own_p99,
        "answers": len(own),
        "memory_growth_percent": round(100 * watched.growth, 1),
    }

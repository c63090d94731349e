"""How long each hop takes beside its floor, measured in the same run.

The floor of a hop is what it cannot do without: so many entries from one XADD to a blocked XREAD by redis-py, and so
many messages over a WebSocket with nothing behind it; as quick as within one process, and as quick as from one process
to another, which is what a hop does.

    python -m bench.hops

Real processes, real sockets, scripted engines that take no time. Writes bench-output/hops.json.
"""

import asyncio
import json
import operator
import statistics
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import aiohttp
from websockets.asyncio.client import connect as dial

from bench.floors import far_end, socket_here, socket_there, stream_here, stream_there
from bench.system import OUTPUT, System, first, running
from rehearsal.made_meetings import new_meeting, socket_path
from rehearsal.recall.frames import Origin, audio
from shared.bus import Bus, Entry
from shared.events import CODEC, Hushed, LineHeard, SentenceComposed, SpeechStarted, new_id
from shared.numbered_pcm import encode
from shared.streams import MIXED, MeetingKeys, source_ms_of
from shared.tail import Follower, Tail

ROUNDS = 300
WARM = 30
"""First rounds, not counted."""
HERE = "floor: XADD → blocked XREAD", "floor: bare WebSocket"
THERE = f"{HERE[0]}, another process", f"{HERE[1]}, another process"
MADE_OF = {
    HERE[0]: (1, 0),
    HERE[1]: (0, 1),
    THERE[0]: (1, 0),
    THERE[1]: (0, 1),
    "ingest: frame in → chunk on the stream": (1, 1),
    "transcriber: chunk → line on the timeline": (1, 0),
    "gateway: fact → WebSocket client": (1, 1),
    "brain: POST say → first sentence": (2, 1),
    "speaker: sentence → SpeechStarted": (1, 0),
}
"""Entries and messages that each hop is made of. The entry that begins a hop has been read by both sides already."""


async def main() -> None:
    async with running({}) as system:
        hops = await measure(Bench(system.bus, system.tail, system.ports))
        floors = await measure_floors(system)
    report({**floors, **hops})


class Bench:
    """What every measurement needs."""

    def __init__(self, bus: Bus, tail: Tail, ports: Mapping[str, str]) -> None:
        self.bus, self.tail = bus, tail
        self.url = f"http://127.0.0.1:{ports['GATEWAY_PORT']}"
        self.ears = f"ws://127.0.0.1:{ports['INGEST_PORT']}"


async def measure(bench: Bench) -> dict[str, list[float]]:
    ingest, transcriber = await frames_to_lines(bench)
    first_sentence, first_audio = await text_to_speech(bench)
    return {
        "ingest: frame in → chunk on the stream": ingest,
        "transcriber: chunk → line on the timeline": transcriber,
        "gateway: fact → WebSocket client": await fact_to_client(bench),
        "brain: POST say → first sentence": first_sentence,
        "speaker: sentence → SpeechStarted": first_audio,
    }


async def measure_floors(system: System) -> dict[str, list[float]]:
    redis = system.bus.redis
    here = {HERE[0]: await stream_here(redis), HERE[1]: await socket_here()}
    async with far_end(system.url) as far:
        return {**here, THERE[0]: await stream_there(redis, far), THERE[1]: await socket_there(far)}


async def frames_to_lines(bench: Bench) -> tuple[list[float], list[float]]:
    """100 ms frames at four times real time: a chunk each, a line for every 20."""
    meeting = await new_meeting(bench.bus, shard=1)
    keys = MeetingKeys(meeting)
    chunks, timeline = bench.tail.follow(keys.audio(MIXED)), bench.tail.follow(keys.timeline)
    sent: dict[int, float] = {}
    origin = Origin(bot_id="bench", recording_id="bench", endpoint_id="bench", started_at=datetime.now(UTC))
    async with dial(bench.ears + socket_path(meeting), compression=None) as socket:
        reading = asyncio.create_task(arrivals(chunks, source_of, ROUNDS * 4))
        hearing = asyncio.create_task(arrivals(timeline, line_end_of, ROUNDS * 4 // 20))
        for n in range(ROUNDS * 4):
            frame = audio(origin, encode(1, n * 5, 5), n * 100)
            sent[n * 100] = time.perf_counter()
            await socket.send(frame)
            await asyncio.sleep(0.025)
        chunked, heard = await reading, await hearing
    ingest = [(chunked[ms] - sent[ms]) * 1000 for ms in chunked]
    lines = [(heard[end] - chunked[end - 100]) * 1000 for end in heard]
    return ingest, lines


async def fact_to_client(bench: Bench) -> list[float]:
    meeting = await new_meeting(bench.bus, shard=2)
    took = []
    url = f"{bench.url}/meetings/{meeting}/live"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        for n in range(ROUNDS):
            fact = Hushed(id=f"bench-{n}", meeting_id=meeting, at=1, by="bench")
            began = time.perf_counter()
            await bench.bus.append(meeting, fact)
            while fact.id not in (await socket.receive(timeout=5)).data:
                pass
            took.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.004)
    return took


async def text_to_speech(bench: Bench) -> tuple[list[float], list[float]]:
    """Each text in a meeting of its own turn: the sentence before is hushed first."""
    meeting = await new_meeting(bench.bus, shard=3)
    timeline = bench.tail.follow(MeetingKeys(meeting).timeline)
    composed, started = [], []
    async with aiohttp.ClientSession() as session:
        for n in range(ROUNDS // 3):
            began = time.perf_counter()
            body = {"text": f"Text {n}."}
            said = asyncio.create_task(post(session, f"{bench.url}/meetings/{meeting}/say", body))
            sentence = await first(timeline, SentenceComposed)
            composed.append((time.perf_counter() - began) * 1000)
            await first(timeline, SpeechStarted)
            started.append((time.perf_counter() - began) * 1000 - composed[-1])
            await said
            await bench.bus.append(meeting, Hushed(id=new_id(), meeting_id=meeting, at=sentence.at, by="bench"))
            await asyncio.sleep(0.02)
    return composed, started


async def post(session: aiohttp.ClientSession, url: str, body: dict[str, str]) -> None:
    async with session.post(url, json=body) as answer:
        await answer.read()


async def arrivals(follower: Follower, place: Callable[[Entry], int | None], count: int) -> dict[int, float]:
    """When each entry was read, by its place."""
    seen: dict[int, float] = {}
    async for entry in follower:
        if (at := place(entry)) is not None:
            seen[at] = time.perf_counter()
        if len(seen) == count:
            break
    return seen


def source_of(entry: Entry) -> int:
    return source_ms_of(entry.id)


def line_end_of(entry: Entry) -> int | None:
    fact = CODEC.decode(entry.fields)
    return fact.line.end_ms if isinstance(fact, LineHeard) else None


def report(hops: dict[str, list[float]]) -> None:
    warm = {name: sorted(took[min(WARM, len(took) // 5) :]) for name, took in hops.items()}
    here, there = ([statistics.median(warm[name]) for name in floor] for floor in (HERE, THERE))
    rows = {}
    print(f"{'hop':<47} {'p50 ms':>7} {'p99 ms':>7} {'/ here':>7} {'/ there':>8} {'/ one XADD':>11} {'n':>5}")
    for name, took in warm.items():
        p50, p99 = statistics.median(took), took[min(len(took) - 1, int(len(took) * 0.99))]
        floors = [sum(map(operator.mul, MADE_OF[name], floor)) for floor in (here, there)]
        over = [p50 / floors[0], p50 / floors[1], p50 / here[0]]
        rows[name] = {"p50_ms": p50, "p99_ms": p99, "n": len(took)}
        rows[name] |= {"over_floor": over[0], "over_floor_between_processes": over[1], "over_one_xadd": over[2]}
        print(f"{name:<47} {p50:>7.2f} {p99:>7.2f} {over[0]:>7.1f} {over[1]:>8.1f} {over[2]:>11.1f} {len(took):>5}")
    (OUTPUT / "hops.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    OUTPUT.mkdir(exist_ok=True)
    asyncio.run(main())

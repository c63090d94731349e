"""How long a search over 1,000 meetings takes, how fast the index is made, and how much memory it needs.

    python -m bench.search

Real processes; every meeting has 100 lines of words that are as unevenly common as words are. Writes
bench-output/search.json.
"""

import asyncio
import itertools
import json
import random
import statistics
import time

import aiohttp

from bench.system import OUTPUT, System, running
from rehearsal.made_meetings import new_meeting
from shared.bus import Write, write_args, write_keys
from shared.events import Line, LineHeard
from shared.streams import INDEXED, MeetingKeys

MEETINGS, LINES, WORDS_A_LINE, VOCABULARY = 1000, 100, 12, 20_000
ROUNDS = 40
QUERIES = {
    "a rare word": {"q": "w15000 "},
    "a word of one line": {"q": "needle"},
    "a common word": {"q": "w1 "},
    "two words, one of them common": {"q": "w3 w700 "},
    "the beginning of a word": {"q": "w199"},
    "a word by one speaker": {"q": "w400 ", "speaker": "Ada"},
    "common words, best first": {"q": "w2 w5 ", "order": "best"},
    "words nobody said": {"q": "w1 w2 nobody"},
}


async def main() -> None:
    async with running({}) as system:
        before = await memory_of(system)
        began = time.perf_counter()
        meetings = await written(system)
        wrote_s = time.perf_counter() - began
        without = await memory_of(system)
        await until_indexed(system, meetings)
        indexed_s = time.perf_counter() - began
        after = await memory_of(system)
        figures = {
            "meetings": MEETINGS,
            "lines": MEETINGS * LINES,
            "written_s": round(wrote_s, 1),
            "indexed_s": round(indexed_s, 1),
            "mb_with_index": round((after - before) / 1e6),
            "mb_when_written": round((without - before) / 1e6),
            "index_bytes_a_line": await bytes_a_line(system, meetings[:20]),
        }
        figures["ms"] = await asked(f"http://127.0.0.1:{system.ports['GATEWAY_PORT']}/search")
    report(figures)


async def written(system: System) -> list[str]:
    chance = random.Random(1)
    names = [f"w{n}" for n in range(VOCABULARY)]
    weights = list(itertools.accumulate(1 / (n + 1) for n in range(VOCABULARY)))
    meetings = [await new_meeting(system.bus, shard=n % 64) for n in range(MEETINGS)]
    for place, meeting_id in enumerate(meetings):
        texts = [" ".join(chance.choices(names, cum_weights=weights, k=WORDS_A_LINE)) for _ in range(LINES)]
        if place == MEETINGS // 3:
            texts[LINES // 2] += " needle"
        write = Write(facts=tuple(heard(meeting_id, n, text) for n, text in enumerate(texts)))
        keys = write_keys(MeetingKeys(meeting_id), "", write)
        await system.bus.write_script(keys=keys, args=write_args(meeting_id, write, None))
    return meetings


def heard(meeting_id: str, n: int, text: str) -> LineHeard:
    speaker = ("Ada", "Lin", "Karen Moe")[n % 3]
    line = Line(
        id=f"mixed-{n * 5000}", track="mixed", speaker=speaker, start_ms=n * 5000, end_ms=n * 5000 + 4000, text=text
    )
    return LineHeard(id=f"h{n}", meeting_id=meeting_id, at=time.time_ns() // 1_000_000, line=line)


async def until_indexed(system: System, meetings: list[str]) -> None:
    waiting = set(meetings)
    while waiting:
        await asyncio.sleep(0.2)
        for meeting_id in list(waiting):
            keys = MeetingKeys(meeting_id)
            if await system.bus.redis.hlen(keys.said) < LINES or not await system.bus.redis.hexists(
                keys.state, INDEXED
            ):
                break
            waiting.discard(meeting_id)


async def memory_of(system: System) -> int:
    return int((await system.bus.redis.info("memory"))["used_memory"])


async def bytes_a_line(system: System, meetings: list[str]) -> int:
    total = 0
    for keys in map(MeetingKeys, meetings):
        total += await system.bus.redis.memory_usage(keys.words, samples=0)
        total += await system.bus.redis.memory_usage(keys.said, samples=0)
    return round(total / len(meetings) / LINES)


async def asked(url: str) -> dict[str, dict[str, float]]:
    found = {}
    async with aiohttp.ClientSession() as session:
        for name, query in QUERIES.items():
            took = []
            for _ in range(ROUNDS):
                began = time.perf_counter()
                async with session.get(url, params=query) as answer:
                    hits = len((await answer.json())["hits"])
                took.append((time.perf_counter() - began) * 1000)
            took.sort()
            found[name] = {"p50": statistics.median(took), "p95": took[int(ROUNDS * 0.95)], "hits": hits}
    return found


def report(figures: dict[str, object]) -> None:
    for name, figure in figures.items():
        if isinstance(figure, dict):
            for query, took in figure.items():
                print(f"{query:<32} p50 {took['p50']:7.1f} ms  p95 {took['p95']:7.1f} ms  {took['hits']:>3} hits")
        else:
            print(f"{name:<32} {figure}")
    (OUTPUT / "search.json").write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    OUTPUT.mkdir(exist_ok=True)
    asyncio.run(main())

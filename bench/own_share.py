"""From the end of a question in the meeting to the first sound of its answer: what of it is chimein's own.

    python -m bench.own_share

Real processes; the speech engine, the model and the voice are stand-ins that take no time. Writes
bench-output/own_share.json.
"""

import asyncio
import json
import statistics
from collections.abc import Mapping, Sequence
from itertools import count

import aiohttp

from bench.system import OUTPUT, System, first, running
from rehearsal.openai.server import API_KEY, OpenAIServer
from rehearsal.recall.server import RecallServer
from shared.events import CODEC, Event, Hushed, Line, LineHeard, SpeechStarted, new_id
from shared.meetings import INSIDE
from shared.stages import Stages, stages_of
from shared.streams import MIXED, MeetingKeys

QUESTIONS = 100
WARM = 5
BARS = {"own_share_first_audio_p50_ms": 60, "own_share_first_audio_p99_ms": 150}
FACTS = ("release", "price", "budget", "venue", "colour")


async def main() -> None:
    async with OpenAIServer(answer) as model, RecallServer() as recall:
        environ = {"OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": API_KEY, "RECALL_BASE_URL": recall.url}
        async with running(environ) as system:
            stages = await ask_all(system)
    report(stages[WARM:])


async def ask_all(system: System) -> list[Stages]:
    meeting = await join(system)
    timeline = system.tail.follow(MeetingKeys(meeting).timeline)
    clock = count(0, 40_000)
    found = []
    for n in range(QUESTIONS + WARM):
        begins_ms = next(clock)
        await say(system, meeting, "Ann", f"The {FACTS[n % 5]} is settled as number {n}.", begins_ms)
        question = await say(system, meeting, "Ann", f"Chime, what is the {FACTS[n % 5]}?", begins_ms + 5_000)
        await first(timeline, SpeechStarted)
        facts: list[Event] = [CODEC.decode(entry.fields) for entry in await system.bus.timeline(meeting)]
        stages = stages_of(facts, f"{question}/question")
        assert stages, "the answer that was begun is another question's"
        found.append(stages)
        await system.bus.append(meeting, Hushed(id=new_id(), meeting_id=meeting, at=stages.handed_at, by="bench"))
        await asyncio.sleep(0.05)
    return found


def answer(_: Sequence[Mapping[str, object]], __: Mapping[str, object] | None) -> str:
    return "It is settled [1]. Nobody objected."


async def join(system: System) -> str:
    url = f"http://127.0.0.1:{system.ports['GATEWAY_PORT']}/meetings"
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        async with session.post(f"{url}/join", json={"meeting_url": "https://meet.google.com/abc-defg-hij"}) as reply:
            meeting = str((await reply.json())["meeting_id"])
        while True:
            async with session.get(f"{url}/{meeting}/status") as reply:
                if (await reply.json())["status"] in INSIDE:
                    return meeting
            await asyncio.sleep(0.1)


async def say(system: System, meeting: str, speaker: str, text: str, start_ms: int) -> str:
    """A final line; the id of its fact."""
    line = Line(id=new_id(), track=MIXED, speaker=speaker, start_ms=start_ms, end_ms=start_ms + 3_000, text=text)
    now = await system.bus.redis.time()
    fact = LineHeard(id=f"{meeting}/{line.id}", meeting_id=meeting, at=now[0] * 1000 + now[1] // 1000, line=line)
    await system.bus.append(meeting, fact)
    return fact.id


def report(stages: list[Stages]) -> None:
    own = sorted(one.own_ms for one in stages)
    figures = {
        "own_share_first_audio_p50_ms": statistics.median(own),
        "own_share_first_audio_p99_ms": own[int(len(own) * 0.99)],
        "own_share_first_audio_max_ms": own[-1],
        "stand_ins_p50_ms": statistics.median(one.vendor_ms for one in stages),
        "whole_p50_ms": statistics.median(one.whole_ms for one in stages),
        "questions": len(stages),
    }
    for name, value in figures.items():
        bar = f"   (bar {BARS[name]})" if name in BARS else ""
        print(f"{name:<32} {value:>8}{bar}")
    (OUTPUT / "own_share.json").write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    asyncio.run(main())

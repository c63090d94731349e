"""What a briefing costs after three hours, beside one after twenty minutes: tokens, and time.

    python -m bench.briefings

The official SDK before a stand-in that reads and writes as fast as a model does (below); the meeting is generated, its
notes are taken by the brain's own code as it goes. Writes bench-output/briefings.json.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from bench.system import OUTPUT
from brain.adapters.openai_chat import OpenAIBriefer
from brain.chapters import next_chapter
from brain.noting import points_of
from brain.ports import BriefRequest, NotesRequest
from rehearsal.openai.bodies import Reply
from rehearsal.openai.server import API_KEY, OpenAIServer
from shared.events import ChapterNoted, Line, Usage

READS_PER_S, WRITES_PER_S = 5_000, 80
"""Tokens, of a small hosted model."""
WORDS_PER_LINE, MS_PER_WORD, PAUSE_MS = 14, 400, 600
SHORT_MIN, LONG_MIN = 20, 180
MOST_TIMES = 2.0
ROUNDS = 5


def main() -> None:
    results = asyncio.run(measure())
    OUTPUT.mkdir(exist_ok=True)
    (OUTPUT / "briefings.json").write_text(json.dumps(results, indent=1))
    for name, value in results.items():
        print(f"{name:42} {value}")


async def measure() -> dict[str, Any]:
    async with OpenAIServer(write) as model:
        briefer = OpenAIBriefer(API_KEY, base_url=model.url)
        short, long = await briefed(briefer, SHORT_MIN), await briefed(briefer, LONG_MIN)
        await briefer.close()
    tokens = round(long["tokens"] / short["tokens"], 2)
    seconds = round(long["seconds"] / short["seconds"], 2)
    return {
        f"after_{SHORT_MIN}_min": short,
        f"after_{LONG_MIN}_min": long,
        "times_the_tokens": tokens,
        "times_the_time": seconds,
        "kept": tokens <= MOST_TIMES and seconds <= MOST_TIMES,
    }


async def briefed(briefer: OpenAIBriefer, minutes: int) -> dict[str, float]:
    lines = talk(minutes)
    chapters, noting = await noted(briefer, lines)
    request = BriefRequest(meeting_id=f"m-{minutes}", lines=lines, chapters=chapters, participants=["Ann", "Ben"])
    own_s = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        _, usage = await briefer.brief(request)
        own_s.append(time.monotonic() - began)
    model_s = usage.prompt_tokens / READS_PER_S + usage.completion_tokens / WRITES_PER_S
    return {
        "lines": len(lines),
        "chapters": len(chapters),
        "tokens": usage.prompt_tokens + usage.completion_tokens,
        "seconds": round(model_s + min(own_s), 2),
        "of_which_own": round(min(own_s), 3),
        "tokens_of_all_notes": noting,
    }


async def noted(briefer: OpenAIBriefer, lines: Sequence[Line]) -> tuple[list[ChapterNoted], int]:
    """As the brain does it while the meeting goes on."""
    found: list[ChapterNoted] = []
    tokens = 0
    while chapter := next_chapter(lines, found):
        text, usage = await briefer.take_notes(NotesRequest(meeting_id="m-notes", lines=chapter))
        tokens += usage.prompt_tokens + usage.completion_tokens
        ids = [line.id for line in chapter]
        found.append(
            ChapterNoted(
                id=f"c{len(found)}",
                meeting_id="m",
                at=0,
                n=len(found),
                line_ids=ids,
                points=points_of(text, chapter),
                usage=Usage(),
            )
        )
    return found, tokens


def talk(minutes: int) -> list[Line]:
    lines, at_ms = [], 0
    while at_ms < minutes * 60_000:
        n = len(lines)
        text = " ".join(f"{(n * 7 + word) % 97:02d}word" for word in range(WORDS_PER_LINE))
        end_ms = at_ms + WORDS_PER_LINE * MS_PER_WORD
        lines.append(
            Line(id=f"l{n}", track="m", speaker=("Ann", "Ben")[n % 2], start_ms=at_ms, end_ms=end_ms, text=text)
        )
        at_ms = end_ms + PAUSE_MS + (2_000 if n % 9 == 0 else 0)
    return lines


def write(messages: Sequence[Mapping[str, Any]], wanted: Mapping[str, Any] | None) -> Reply:
    """Notes as long as they may be, and a briefing of the usual length."""
    if wanted is None:
        row = " ".join(["noted"] * 18)
        return Reply("\n".join(f"{row} [{n}, {n + 1}]" for n in range(1, 9)))
    points = [{"text": " ".join(["said"] * 14), "lines": [1]} for _ in range(6)]
    items = [{"task": "Do it", "owner": "Ann", "due": "tomorrow", "due_on": None, "lines": [1]} for _ in range(5)]
    lists = {"key_points": points, "decisions": points[:3], "action_items": items, "open_questions": points[:2]}
    draft = {"title": "A meeting", "summary": " ".join(["summed"] * 60), **lists}
    return Reply(msgspec.json.encode(draft).decode())


if __name__ == "__main__":
    main()

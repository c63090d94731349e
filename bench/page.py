"""How long a word takes from the stream into the page: written to Redis, painted by a real browser.

    PYTHONPATH=.:tests/support python -m bench.page

A caption and a line in turn, in a meeting that has 500 lines already. Writes bench-output/page.json.
"""

import asyncio
import json
import statistics
import time

from browser import CHROMIUM, Page, browser_page

from bench.system import OUTPUT, running
from rehearsal.made_meetings import new_meeting
from shared.bus import Bus, Write
from shared.events import CaptionChanged, Line, LineHeard, new_id
from shared.meetings import write_of
from shared.streams import MIXED

LINES_BEFORE = 500
ROUNDS = 200
WARM = 20
"""First rounds, not counted."""
EVERY_S = 0.06
LIMIT_MS = 100.0
WATCH = """
window.seen = {};
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) for (const node of addedNodes) {
    const words = node.querySelector?.(".words")?.textContent;
    if (words) requestAnimationFrame(() => setTimeout(() => {
      window.seen[words] ??= performance.timeOrigin + performance.now();
    }));
  }
}).observe(document.body, { childList: true, subtree: true });
"""
"""A word counts as seen in the task after the frame that shows it."""


async def main() -> None:
    if CHROMIUM is None:
        raise SystemExit("bench.page needs Chromium: apt-get install chromium")
    async with running({}) as system, browser_page() as page:
        meeting_id = await new_meeting(system.bus)
        for number in range(LINES_BEFORE):
            await system.bus.write(meeting_id, write_of(line(meeting_id, number, f"before {number}")))
        await page.open(f"http://127.0.0.1:{system.ports['GATEWAY_PORT']}/?meeting={meeting_id}")
        await page.until(f"document.querySelectorAll('#transcript li').length === {LINES_BEFORE}")
        await page.run(WATCH)
        written = await write_all(system.bus, meeting_id)
        report(written, await seen_by(page, len(written)))


async def write_all(bus: Bus, meeting_id: str) -> dict[str, float]:
    """When each words were handed to Redis, Unix ms."""
    written = {}
    for number in range(LINES_BEFORE, LINES_BEFORE + ROUNDS):
        for kind in ("caption", "line"):
            words = f"{kind} {number}"
            fact = line(meeting_id, number, words)
            write = write_of(fact) if kind == "line" else Write(captions=(caption_of(fact),))
            written[words] = time.time() * 1000
            await bus.write(meeting_id, write)
            await asyncio.sleep(EVERY_S)
    return written


def line(meeting_id: str, number: int, words: str) -> LineHeard:
    said = Line(
        id=f"l{number}",
        track=MIXED,
        speaker=f"Speaker {number % 5}",
        start_ms=number * 1000,
        end_ms=number * 1000 + 900,
        text=words,
    )
    return LineHeard(id=new_id(), meeting_id=meeting_id, at=round(time.time() * 1000), line=said)


def caption_of(fact: LineHeard) -> CaptionChanged:
    said = fact.line
    return CaptionChanged(
        id=new_id(),
        meeting_id=fact.meeting_id,
        at=fact.at,
        track=said.track,
        speaker=said.speaker,
        start_ms=said.start_ms,
        end_ms=said.end_ms,
        text=said.text,
    )


async def seen_by(page: Page, count: int) -> dict[str, float]:
    await page.until(f"Object.keys(window.seen).length >= {count}")
    found: dict[str, float] = await page.run("window.seen")
    return found


def report(written: dict[str, float], seen: dict[str, float]) -> None:
    rows = {}
    for kind in ("caption", "line"):
        took = [seen[words] - at for words, at in written.items() if words.startswith(kind)][WARM:]
        p50, p99 = statistics.median(took), sorted(took)[int(len(took) * 0.99)]
        rows[kind] = {"p50_ms": p50, "p99_ms": p99, "n": len(took)}
        print(f"{kind} on the stream → painted: p50 {p50:.1f} ms, p99 {p99:.1f} ms (limit {LIMIT_MS:g}), n {len(took)}")
    (OUTPUT / "page.json").write_text(json.dumps(rows, indent=1))
    if max(row["p99_ms"] for row in rows.values()) > LIMIT_MS:
        raise SystemExit("too late")


if __name__ == "__main__":
    OUTPUT.mkdir(exist_ok=True)
    asyncio.run(main())

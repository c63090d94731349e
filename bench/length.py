"""Whether a meeting costs more the longer it lasts: CPU per frame and memory, in each ten minutes of three hours.

    python -m bench.length

One meeting of numbered audio at many times real time, all processes. Writes bench-output/length.json.
"""

import asyncio
import json
import os
import time
from datetime import UTC, datetime

from websockets.asyncio.client import connect

from bench import meter
from bench.system import OUTPUT, ROLES, System, running
from rehearsal.made_meetings import new_meeting, socket_path
from rehearsal.recall.frames import Origin, audio
from shared.numbered_pcm import BLOCK_MS, encode
from shared.streams import CHUNK_MS, COMMITTED, MIXED

MINUTES = int(os.environ.get("MINUTES", "180"))
EACH_MIN = 10
SPEED = float(os.environ.get("SPEED", "80"))
AHEAD_MS = 20_000
"""Frames that may be under way: more would only wait."""
BLOCKS = CHUNK_MS // BLOCK_MS
FRAMES_PER_MIN = 60_000 // CHUNK_MS


async def main() -> None:
    async with running({}) as system:
        rows = await play(system)
    first, last = rows[0], rows[-1]
    figures = {
        "rows": rows,
        "cpu_us_per_frame_last_over_first": round(last["cpu_us_per_frame"] / first["cpu_us_per_frame"], 2),
        "rss_mb_per_hour": round((last["rss_mb"] - first["rss_mb"]) / (MINUTES - EACH_MIN) * 60, 1),
    }
    (OUTPUT / "length.json").write_text(json.dumps(figures, indent=1))


async def play(system: System) -> list[dict[str, float]]:
    meeting = await new_meeting(system.bus)
    origin = Origin(bot_id="bench", recording_id="bench", endpoint_id="bench", started_at=datetime.now(UTC))
    url = f"ws://127.0.0.1:{system.ports['INGEST_PORT']}{socket_path(meeting)}"
    rows: list[dict[str, float]] = []
    began, before = time.perf_counter(), meter.read(system.pids)
    async with connect(url, compression=None, proxy=None) as socket:
        for n in range(MINUTES * FRAMES_PER_MIN):
            await socket.send(audio(origin, encode(1, n * BLOCKS, BLOCKS), n * CHUNK_MS))
            if n % 20 == 0:
                await asyncio.sleep(max(0.0, began + n * CHUNK_MS / 1000 / SPEED - time.perf_counter()))
            if (n + 1) % (EACH_MIN * FRAMES_PER_MIN) == 0:
                await caught_up(system, meeting, (n + 1) * CHUNK_MS)
                now = meter.read(system.pids)
                rows.append(row(system, before, now, minute=(n + 1) // FRAMES_PER_MIN))
                print(json.dumps(rows[-1]), flush=True)
                before = now
    return rows


async def caught_up(system: System, meeting: str, until_ms: int) -> None:
    """All but the last words are committed."""
    while int((await system.bus.state(meeting)).get(COMMITTED + MIXED, 0)) < until_ms - AHEAD_MS:  # noqa: ASYNC110
        await asyncio.sleep(0.05)


def row(system: System, before: meter.Reading, now: meter.Reading, *, minute: int) -> dict[str, float]:
    frames = EACH_MIN * FRAMES_PER_MIN
    used_ns = {role: now.cpu_ns[role] - before.cpu_ns[role] for role in (*ROLES, "redis")}
    return {
        "minute": minute,
        "cpu_us_per_frame": round(sum(used_ns[role] for role in ROLES) / frames / 1000, 1),
        **{f"{role}_us_per_frame": round(used / frames / 1000, 1) for role, used in used_ns.items()},
        "rss_mb": round(sum(meter.rss_bytes_of(system.pids[role]) for role in ROLES) / 1e6, 1),
    }


if __name__ == "__main__":
    asyncio.run(main())

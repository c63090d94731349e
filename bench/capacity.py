"""What so many meetings need, by arithmetic from what was measured.

    python -m bench.capacity [docs/capacity.md]

Reads bench-output/results.json; prints the table, or writes it between the marks in the file.
"""

import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.system import OUTPUT

SCALES = (100, 10_000, 1_000_000)
FRAMES_PER_S, FRAME_BYTES = 10, 3_200
USED_SHARE = 0.6
"""Of a core, in the middle of the day: the rest is for what dies, what is deployed, and busy minutes."""
REDIS_SHARE = 0.5
BACKLOG_S = 60
"""Of audio that Redis has room for while nobody transcribes."""
CELL = 20_000
"""Meetings beyond which another whole copy is set up beside the first."""
BEGIN, END = "<!-- computed by bench/capacity.py -->\n", "<!-- end -->\n"


@dataclass(frozen=True)
class Constants:
    """What was measured."""

    pair_us: float
    """CPU of ingest and transcriber together for each frame."""
    all_us: float
    """CPU of all five processes for each frame; engines take no time."""
    redis_us: float
    redis_bytes: float
    """Of one meeting, with its audio trimmed."""
    rss_mb: float
    """Of all processes, for each further meeting."""
    rss_mb_of_one: float
    """Of all processes, with one meeting."""


@dataclass(frozen=True)
class Need:
    """Of so many meetings at once."""

    meetings: int
    cells: int
    worker_cores: int
    redis_cores: int
    redis_gb: float
    workers_gb: float
    audio_mb_per_s: float


def needs_of(meetings: int, constants: Constants) -> Need:
    cells = math.ceil(meetings / CELL)
    frames = meetings * FRAMES_PER_S
    workers = math.ceil(frames * constants.all_us / 1e6 / USED_SHARE)
    kept_bytes = constants.redis_bytes + BACKLOG_S * FRAMES_PER_S * FRAME_BYTES * 1.2
    return Need(
        meetings=meetings,
        cells=cells,
        worker_cores=max(workers, 2 * cells),
        redis_cores=max(math.ceil(frames * constants.redis_us / 1e6 / REDIS_SHARE), cells),
        redis_gb=meetings * kept_bytes / 1e9,
        workers_gb=(meetings * constants.rss_mb + max(workers / 2, 1) * constants.rss_mb_of_one) / 1e3,
        audio_mb_per_s=frames * FRAME_BYTES / 1e6,
    )


def table_of(constants: Constants) -> str:
    rows = [
        f"Measured: {constants.pair_us:.0f} µs of CPU per 100 ms frame for ingest and transcriber,"
        f" {constants.all_us:.0f} µs for all five processes, {constants.redis_us:.0f} µs for Redis;"
        f" {constants.redis_bytes / 1e3:.0f} kB of Redis and {constants.rss_mb:.2f} MB of processes per meeting.",
        "",
        "| meetings at once | cells | cores for workers | cores for Redis | Redis memory | workers' memory | audio |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for need in (needs_of(meetings, constants) for meetings in SCALES):
        rows.append(
            f"| {need.meetings:,} | {need.cells:,} | {need.worker_cores:,} | {need.redis_cores:,} |"
            f" {need.redis_gb:,.1f} GB | {need.workers_gb:,.1f} GB | {need.audio_mb_per_s:,.1f} MB/s |"
        )
    return "\n".join(rows) + "\n"


def constants_in(results: dict[str, float]) -> Constants:
    return Constants(
        pair_us=results["cpu_us_per_frame"],
        all_us=results["cpu_us_per_frame_of_all"],
        redis_us=results["cpu_us_per_frame_of_redis"],
        redis_bytes=results["redis_bytes_per_meeting"],
        rss_mb=results["rss_mb_per_meeting"],
        rss_mb_of_one=results["rss_mb_of_one"],
    )


def main() -> None:
    table = table_of(constants_in(json.loads((OUTPUT / "results.json").read_text())))
    if len(sys.argv) == 1:
        print(table)
        return
    page = Path(sys.argv[1])
    text = page.read_text()
    page.write_text(text[: text.index(BEGIN) + len(BEGIN)] + table + text[text.index(END) :])


if __name__ == "__main__":
    main()

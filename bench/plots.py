"""Cost against the number of meetings, and against the length of a meeting, as two small pictures.

    python -m bench.plots

Reads bench-output/load.json and length.json; writes docs/cost-by-meetings.svg and docs/cost-by-length.svg.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.system import OUTPUT

DOCS = Path(__file__).parents[1] / "docs"
WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 36, 44
COLOURS = ("#2563eb", "#ea580c", "#16a34a", "#7c3aed")
STYLE = "text{font:12px system-ui,sans-serif;fill:#6b7280} .t{font-weight:600} .g{stroke:#9ca3af;stroke-opacity:.35}"


@dataclass(frozen=True)
class Series:
    """One line."""

    name: str
    points: Sequence[tuple[float, float]]


def main() -> None:
    load = json.loads((OUTPUT / "load.json").read_text())
    (DOCS / "cost-by-meetings.svg").write_text(
        drawn("CPU per 100 ms frame, µs, by meetings at once", by_meetings(load), is_log=True)
    )
    rows = json.loads((OUTPUT / "length.json").read_text())["rows"]
    lengths = [Series("all processes", [(row["minute"], row["cpu_us_per_frame"]) for row in rows])]
    lengths.append(Series("Redis", [(row["minute"], row["redis_us_per_frame"]) for row in rows]))
    (DOCS / "cost-by-length.svg").write_text(drawn("CPU per 100 ms frame, µs, by minutes of the meeting", lengths))


def by_meetings(load: dict[str, list[dict]]) -> list[Series]:
    names = {"pair": "ingest + transcriber", "whole": "all five processes"}
    found = [
        Series(shown, [(level["meetings"], own_us(level)) for level in load[name]]) for name, shown in names.items()
    ]
    redis = [(level["meetings"], level["cpu_us_per_frame"]["redis"]) for level in load["whole"]]
    return [*found, Series("Redis", redis)]


def own_us(level: dict) -> float:
    return sum(used for name, used in level["cpu_us_per_frame"].items() if name != "redis")


def drawn(title: str, series: Sequence[Series], *, is_log: bool = False) -> str:
    """Both axes logarithmic, or both from 0."""
    xs, ys = ([point[axis] for one in series for point in one.points] for axis in (0, 1))
    scale = math.log10 if is_log else float
    low_x, low_y = (scale(min(xs)), scale(max(min(ys) / 1.5, 1))) if is_log else (0.0, 0.0)
    high_x, high_y = scale(max(xs)), scale(max(ys) * 1.1)

    def place(x: float, y: float) -> tuple[float, float]:
        across = (scale(x) - low_x) / max(high_x - low_x, 1e-9)
        up = (scale(y) - low_y) / max(high_y - low_y, 1e-9)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    parts = [f'<text class="t" x="{LEFT}" y="20">{title}</text>']
    for tick in ticks_of(low_y, high_y, is_log=is_log):
        y = place(max(xs), tick)[1]
        parts.append(f'<line class="g" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:,.0f}</text>')
    for x in sorted(set(xs)):
        parts.append(f'<text x="{place(x, max(ys))[0]:.1f}" y="{HEIGHT - 18}" text-anchor="middle">{x:g}</text>')
    for colour, one in zip(COLOURS, series, strict=False):
        places = [place(*point) for point in one.points]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x, y = places[-1]
        parts.append(f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" style="fill:{colour}">{one.name}</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">'
    return f"{head}<style>{STYLE}</style>{''.join(parts)}</svg>\n"


def ticks_of(low: float, high: float, *, is_log: bool) -> list[float]:
    if is_log:
        return [
            step * 10**n
            for n in range(int(low), int(high) + 1)
            for step in (1, 2, 5)
            if low <= math.log10(step * 10**n) <= high
        ]
    step = 10 ** math.floor(math.log10(max(high, 1)))
    step = step / 2 if high / step < 3 else step
    return [n * step for n in range(int(high / step) + 1)]


if __name__ == "__main__":
    main()

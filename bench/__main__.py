"""Every question that bench/ has an answer to, one after the other, and the figures of all of them in one file.

    python -m bench

Writes bench-output/results.json. An answer that did not come is missing from it, and the exit code is 1.
"""

import json
import os
import subprocess
import sys
from typing import Any

from bench import load
from bench.system import OUTPUT

QUESTIONS = ("hops", "own_share", "load", "idle", "start", "length", "briefings", "page", "search")
BARS = {
    "cpu_us_per_frame": 200,
    "hop_p50_over_floor": 1.5,
    "own_share_first_audio_p50_ms": 60,
    "own_share_first_audio_p99_ms": 150,
    "leases_percent_of_a_core": 1,
    "import_cpu_s_most": 0.6,
    "up_until_ready_s": 3,
}
AT_LEAST = {"meetings_per_core": 300}


def main() -> int:
    OUTPUT.mkdir(exist_ok=True)
    failed = [question for question in QUESTIONS if not asked(question)]
    results = collected()
    (OUTPUT / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False))
    show(results)
    for question in failed:
        print(f"no answer to {question}: see above")
    return int(bool(failed))


def asked(question: str) -> bool:
    """In a process of its own: what one leaves behind does not disturb the next."""
    print(f"\n== {question}", flush=True)
    (OUTPUT / f"{question}.json").unlink(missing_ok=True)
    paths = os.pathsep.join([".", "tests/support"])
    environ = {**os.environ, "PYTHONPATH": paths}
    return subprocess.run([sys.executable, "-m", f"bench.{question}"], env=environ, check=False).returncode == 0


def collected() -> dict[str, Any]:
    results: dict[str, Any] = {}
    if hops := kept("hops"):
        ratios = {name: round(row["over_floor"], 2) for name, row in hops.items() if not name.startswith("floor")}
        results |= {"hop_p50_over_floor": max(ratios.values()), "hops_p50_over_floor": ratios}
    if levels := kept("load"):
        results |= load.figures({name: load.levels_of(found) for name, found in levels.items()})
    for question in ("own_share", "idle", "start"):
        results |= kept(question)
    results |= {question: found for question in ("page", "search", "briefings") if (found := kept(question))}
    length = kept("length")
    results |= {name: value for name, value in length.items() if name != "rows"}
    return results


def kept(question: str) -> dict[str, Any]:
    path = OUTPUT / f"{question}.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def show(results: dict[str, Any]) -> None:
    print(f"\n{'figure':<40} {'measured':>12} {'bar':>10}")
    for name, value in results.items():
        if isinstance(value, int | float):
            print(f"{name:<40} {value:>12,.2f} {bar_of(name, value):>10}")


def bar_of(name: str, value: float) -> str:
    if name in BARS:
        return f"≤ {BARS[name]:g}{'' if value <= BARS[name] else ' !'}"
    if name in AT_LEAST:
        return f"≥ {AT_LEAST[name]:g}{'' if value >= AT_LEAST[name] else ' !'}"
    return ""


if __name__ == "__main__":
    sys.exit(main())

"""Looks for known vulnerabilities in what a lock file names: `python deploy/audit.py [--strict] LOCK`.

No finding is a good sign only where the database answers. So a version with known faults is asked for first: where
those are not found the audit could not be done, which is said, and fails with `--strict` alone.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

CANARY = "jinja2==2.4.1"
"""Has had known vulnerabilities for years."""
DONE, FOUND, NOT_DONE = 0, 1, 3

Report = dict[str, Any]


def main(argv: list[str]) -> int:
    is_strict, (lock,) = "--strict" in argv, [word for word in argv if not word.startswith("--")]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as canary:
        canary.write(CANARY + "\n")
        canary.flush()
        is_reached = bool(vulnerable(report_on(Path(canary.name))))
    code, text = judged(report_on(Path(lock))) if is_reached else (NOT_DONE, "its database cannot be reached from here")
    sys.stdout.write(f"audit of {lock}: {'NOT DONE, ' if code == NOT_DONE else ''}{text}\n")
    return code if code != NOT_DONE or is_strict else DONE


def report_on(lock: Path) -> Report:
    """What pip-audit says; no dependencies where it says nothing."""
    command = [sys.executable, "-m", "pip_audit", "-r", str(lock), "--no-deps", "--disable-pip", "-f", "json"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)  # noqa: S603  # our own tool
    try:
        found: Report = json.loads(told.stdout)
    except ValueError:
        return {"dependencies": []}
    return found


def vulnerable(report: Report) -> list[str]:
    """Name, version, and the faults that are known."""
    return [
        f"{one['name']} {one['version']}: {', '.join(fault['id'] for fault in one['vulns'])}"
        for one in report["dependencies"]
        if one.get("vulns")
    ]


def judged(report: Report) -> tuple[int, str]:
    """Exit code and sentence. What was skipped is no pass."""
    every = report["dependencies"]
    skipped = [str(one["name"]) for one in every if "skip_reason" in one]
    if faults := vulnerable(report):
        return FOUND, "known vulnerabilities\n  " + "\n  ".join(faults)
    if not every or skipped:
        return NOT_DONE, f"nothing is known of {', '.join(skipped) or 'anything'}"
    return DONE, f"nothing is known against any of {len(every)} packages"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

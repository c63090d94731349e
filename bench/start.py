"""How long a start takes: the import of each process in CPU time, and `chimein up` until it is ready.

    python -m bench.start

Engines are those of an installation without keys, but for speech, which is scripted. Writes bench-output/start.json.
"""

import json
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.system import OUTPUT, ROLES, SCRIPTED
from shared.ports import free_port

ROUNDS = 3


def main() -> None:
    OUTPUT.mkdir(exist_ok=True)
    imports = {role: statistics.median(import_s(role) for _ in range(ROUNDS)) for role in ROLES}
    ready = statistics.median(until_ready_s() for _ in range(ROUNDS))
    figures = {
        "import_cpu_s": {role: round(took, 2) for role, took in imports.items()},
        "import_cpu_s_most": round(max(imports.values()), 2),
        "up_until_ready_s": round(ready, 2),
    }
    print(json.dumps(figures, indent=1))
    (OUTPUT / "start.json").write_text(json.dumps(figures, indent=1))


def import_s(role: str) -> float:
    """User and system time of a process that imports everything that the role's process does, and ends."""
    before = used_by_children_s()
    module = "server" if role == "gateway" else "worker"
    subprocess.run([sys.executable, "-c", f"import {role}.__main__, {role}.{module}"], check=True)
    return used_by_children_s() - before


def used_by_children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def until_ready_s() -> float:
    """On an empty folder: the embedded Redis starts too."""
    root = Path(__file__).parents[1]
    ports = {name: str(free_port()) for name in ("GATEWAY_PORT", "INGEST_PORT")}
    ports |= {f"{role.upper()}_STATUS_PORT": "0" for role in ROLES}
    environ = {**os.environ, **SCRIPTED, **ports, "PYTHONPATH": str(root)}
    with tempfile.TemporaryDirectory(prefix="chimein-start-") as folder:
        began = time.perf_counter()
        running = subprocess.Popen(
            [sys.executable, "-m", "cli.app", "up"], cwd=folder, env=environ, stdout=subprocess.PIPE, text=True
        )
        try:
            assert running.stdout
            for line in running.stdout:
                if re.search(r"chimein is ready", line):
                    return time.perf_counter() - began
            raise SystemExit("it ended before it was ready")
        finally:
            running.send_signal(signal.SIGTERM)
            running.communicate(timeout=20)


if __name__ == "__main__":
    main()

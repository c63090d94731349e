"""What processes use: CPU in ns and memory in bytes, from /proc."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns


@dataclass(frozen=True)
class Reading:
    """At one moment. `cpu_ns` is what the process has used since it began."""

    at_ns: int
    cpu_ns: Mapping[str, int]

    def cores_since(self, earlier: "Reading") -> dict[str, float]:
        """Of each process, how much of one core it used meanwhile."""
        took_ns = self.at_ns - earlier.at_ns
        return {name: (self.cpu_ns[name] - earlier.cpu_ns[name]) / took_ns for name in self.cpu_ns}


def read(pids: Mapping[str, int]) -> Reading:
    return Reading(perf_counter_ns(), {name: cpu_ns_of(pid) for name, pid in pids.items()})


def cpu_ns_of(pid: int) -> int:
    """Of all threads that are alive."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            total += int((task / "schedstat").read_text().split()[0])
    return total


def rss_bytes_of(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def pin(pid: int, core: int) -> None:
    """All threads of a process on one core."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core})

"""honcho's manager, but that a process which died is started again: its meetings went on elsewhere, or wait for it."""

import multiprocessing
import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from honcho.manager import Manager

ENDS_ALL = frozenset({0, 2})
"""Ended by itself, or not usable as it is set: starting it again would not help."""
MOST_DEATHS = 5
DEATHS_WITHIN_S = 60.0
PAUSE_S = (0.0, 0.5, 1.0, 2.0, 5.0)
"""Before it is started again, by how often it died lately."""


class KeptProcesses(Manager):  # type: ignore[misc]  # honcho has no types
    """All end when one of them ends by itself, is wrongly set, or dies too often."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._processes: dict[str, dict[str, Any]]
        super().__init__()
        self._clock_s = clock_s
        self._deaths: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=MOST_DEATHS))
        self._due: dict[str, float] = {}
        self._late: set[str] = set()
        """Started when all are to end: ended as soon as they can be."""

    def _any_stopped(self) -> bool:
        """Asked by the loop at every turn, once all were started."""
        if not self._terminating:
            self._note_deaths()
            self._start_due()
        return bool(super()._any_stopped())

    def _all_started(self) -> bool:
        """Also of those that are about to be started again."""
        for name in [name for name in self._late if self._processes[name].get("pid")]:
            self._late.discard(name)
            self._procmgr.terminate(self._processes[name]["pid"])
        return all(process.get("pid") or name in self._due for name, process in self._processes.items())

    def _note_deaths(self) -> None:
        for name, process in self._processes.items():
            code = process.get("returncode")
            if code is None or code in ENDS_ALL or not self._may_return(name):
                continue
            self._due[name] = self._clock_s() + PAUSE_S[min(len(self._deaths[name]), len(PAUSE_S)) - 1]
            process["process"].join(1.0)
            for field in ("returncode", "pid"):
                process.pop(field, None)
            self.returncode = None
            self._system_print(f"{name} died (rc={code}) and is started again\n")

    def _may_return(self, name: str) -> bool:
        deaths = self._deaths[name]
        deaths.append(self._clock_s())
        return len(deaths) < MOST_DEATHS or deaths[-1] - deaths[0] > DEATHS_WITHIN_S

    def _start_due(self) -> None:
        for name in [name for name, at_s in self._due.items() if self._clock_s() >= at_s]:
            del self._due[name]
            process = self._processes[name]
            target = process["obj"].run
            process["process"] = multiprocessing.Process(name=name, target=target, args=(self.events, True))
            process["process"].start()

    def _killall(self, force: bool = False) -> None:
        """Without those that are not running, and those that have not said yet under which number they are."""
        for name in self._due:
            self._processes[name].update(returncode=0, pid=-1)
        self._due.clear()
        running, self._late = self._processes, {name for name, one in self._processes.items() if not one.get("pid")}
        self._processes = {name: one for name, one in running.items() if name not in self._late}
        super()._killall(force=force)
        self._processes = running

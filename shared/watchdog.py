"""A thread that ends a process whose event loop does not turn any more: whatever supervises it starts it again.

Nothing in a stuck loop can help itself, and its leases have expired: others have its meetings by now.
"""

import faulthandler
import os
import sys
import threading
import time

STUCK_EXIT = 70
"""Exit code; of sysexits.h, `internal software error`."""
LOOK_S = 0.5
GRACE_S = 1.0
"""A look that itself came so late tells of a machine or a process that was stopped, not of a loop."""


class Watchdog:
    """`turn` is called by the loop; `start` once, before it runs."""

    def __init__(self, stuck_s: float) -> None:
        self._stuck_s = stuck_s
        self._turned = time.monotonic()
        self._ended = threading.Event()

    def turn(self) -> None:
        self._turned = time.monotonic()

    def start(self) -> None:
        """0 s: it does not watch."""
        if self._stuck_s:
            threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        self._ended.set()

    def _watch(self) -> None:
        looked = time.monotonic()
        while not self._ended.wait(LOOK_S):
            now = time.monotonic()
            if now - looked > LOOK_S + GRACE_S:
                self._turned = now
            looked = now
            if now - self._turned > self._stuck_s:
                self._bark(now - self._turned)

    def _bark(self, stuck_s: float) -> None:
        """Where it is stuck, without the values of anything, and out."""
        sys.stderr.write(f"the event loop has not turned for {stuck_s:.0f} s: this process ends, code {STUCK_EXIT}\n")
        faulthandler.dump_traceback(all_threads=True)
        sys.stderr.flush()
        os._exit(STUCK_EXIT)

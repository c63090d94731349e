"""A process whose loop is stuck ends; one that was stopped and goes on does not."""

import asyncio
import signal
import subprocess
import sys

import pytest
from processes import ROOT

from shared.watchdog import STUCK_EXIT

pytestmark = pytest.mark.process
STUCK = """
import asyncio, time
from shared.watchdog import Watchdog
async def main():
    dog = Watchdog(1.0)
    dog.start()
    for _ in range({turns}):
        dog.turn()
        await asyncio.sleep(0.1)
        print("turn", flush=True)
    secret = "pelican"
    {then}
asyncio.run(main())
"""


def started(turns: int, then: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", STUCK.format(turns=turns, then=then)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_stuck_loop_ends_the_process_and_says_where() -> None:
    process = started(1, "time.sleep(30)")
    _, told = process.communicate(timeout=20)
    assert process.returncode == STUCK_EXIT
    assert "the event loop has not turned" in told
    assert "in main" in told
    assert "pelican" not in told


def test_a_loop_that_turns_lives_on() -> None:
    process = started(25, "dog.stop()")
    process.communicate(timeout=20)
    assert process.returncode == 0


async def test_a_process_that_was_stopped_for_long_wakes_up() -> None:
    process = started(20, "dog.stop()")
    assert process.stdout
    await asyncio.to_thread(process.stdout.readline)
    process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(3.0)  # longer than its loop may be stuck: nothing tells of a stopped process
    process.send_signal(signal.SIGCONT)
    await asyncio.to_thread(process.communicate, timeout=20)
    assert process.returncode == 0

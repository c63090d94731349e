"""Whatever a supervisor started ends with it."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from processes import ROOT
from support import eventually

from rehearsal.supervisor import Supervisor

pytestmark = pytest.mark.process
SLEEP = (sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(60)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('awake', flush=True); time.sleep(60)",
)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_children_end_with_the_block(tmp_path: Path) -> None:
    async with Supervisor(os.environ, tmp_path) as supervisor:
        child = await supervisor.start("sleeper", *SLEEP)
        await eventually(lambda: list(child.lines) == ["awake"])
    assert not is_alive(child.process.pid)
    assert (tmp_path / "sleeper.log").read_text() == "awake\n"


async def test_children_end_when_the_block_fails() -> None:
    children = []
    with pytest.raises(ZeroDivisionError):
        await fail_with_child(children)
    assert not is_alive(children[0].process.pid)


async def fail_with_child(children: list) -> None:
    async with Supervisor(os.environ) as supervisor:
        children.append(await supervisor.start("sleeper", *SLEEP))
        raise ZeroDivisionError


async def test_a_child_that_will_not_end_is_killed_after_the_grace() -> None:
    async with Supervisor(os.environ) as supervisor:
        child = await supervisor.start("stubborn", *STUBBORN)
        await eventually(lambda: bool(child.lines))
        assert await supervisor.stop_all(grace_s=0.2) == {"stubborn": -signal.SIGKILL}


async def test_the_first_to_end_is_named() -> None:
    async with Supervisor(os.environ) as supervisor:
        await supervisor.start("sleeper", *SLEEP)
        await supervisor.start("brief", sys.executable, "-c", "print('bye')")
        first = await asyncio.wait_for(supervisor.first_exit(), 10)
        assert first.name == "brief"
        await eventually(lambda: list(first.lines) == ["bye"])


async def test_a_killed_child_can_be_started_again_under_its_name() -> None:
    async with Supervisor(os.environ) as supervisor:
        first = await supervisor.start("sleeper", *SLEEP)
        supervisor.kill("sleeper")
        assert await supervisor.wait_exit("sleeper") == -signal.SIGKILL
        second = await supervisor.start("sleeper", *SLEEP)
        assert second.process.pid != first.process.pid


PARENT = """
import asyncio, os, sys
from rehearsal.supervisor import Supervisor
async def main():
    async with Supervisor(os.environ) as supervisor:
        child = await supervisor.start("sleeper", sys.executable, "-c", "import time; time.sleep(60)")
        print(child.process.pid, flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""


async def test_children_die_when_their_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    child = int(await asyncio.to_thread(parent.stdout.readline))
    assert is_alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    await eventually(lambda: not is_alive(child))

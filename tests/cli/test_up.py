"""`chimein up` as people start and stop it; and the commands' errors."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from processes import ROOT
from support import eventually

from cli.app import app
from shared.ports import free_port

pytestmark = pytest.mark.process
COMMANDS = "up rehearse promises worker join ask brief say hush tail status leave export doctor mcp search reindex"


def environment(**settings: str) -> dict[str, str]:
    ports = {"GATEWAY_PORT": str(free_port()), "INGEST_PORT": str(free_port())}
    status = {f"{role}_STATUS_PORT": "0" for role in ("INGEST", "TRANSCRIBER", "BRAIN", "SPEAKER")}
    scripted = {"TRANSCRIBER_ENGINE": "scripted", "SPEAKER_VOICE": "scripted"}
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **ports, **status, **scripted, **settings}


def chimein(*argv: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.app", *argv],
        cwd="/",
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_up_says_where_to_look_and_ends_cleanly(tmp_path: Path, number: int) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "cli.app", "up"], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True
    )
    try:
        await asyncio.wait_for(asyncio.to_thread(read_until, running, "chimein is ready: open http://"), 40)
        children = psutil.Process(running.pid).children(recursive=True)
        began = time.monotonic()
        running.send_signal(number)
        await asyncio.to_thread(running.communicate, timeout=15)
        took = time.monotonic() - began
    finally:
        running.kill()
        running.wait()
    assert running.returncode == 0
    assert took < 6
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert len(children) >= 6


async def test_a_process_that_dies_is_started_again_and_the_others_stay(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "cli.app", "up"], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True
    )
    try:
        await asyncio.wait_for(asyncio.to_thread(read_until, running, "chimein is ready: open http://"), 40)
        before = {name: process.pid for name, process in workers_of(running).items()}
        os.kill(before["brain"], signal.SIGKILL)
        await asyncio.wait_for(asyncio.to_thread(read_until, running, "brain died (rc="), 10)
        await asyncio.wait_for(asyncio.to_thread(read_until, running, "worker.started"), 20)
        after = {name: process.pid for name, process in workers_of(running).items()}
        running.send_signal(signal.SIGTERM)
        await asyncio.to_thread(running.communicate, timeout=15)
    finally:
        running.kill()
        running.wait()
    assert after.keys() == before.keys()
    assert {name for name in before if before[name] != after[name]} == {"brain"}
    assert running.returncode == 0


async def test_nothing_goes_on_when_it_is_killed_itself(tmp_path: Path) -> None:
    """It can tell nobody any more."""
    running = subprocess.Popen(
        [sys.executable, "-m", "cli.app", "up"], cwd=tmp_path, env=environment(), stdout=subprocess.DEVNULL
    )
    try:
        await eventually(lambda: len(workers_of(running)) == 5, within_s=40)
        children = psutil.Process(running.pid).children(recursive=True)
    finally:
        running.kill()
        running.wait()
    _, alive = await asyncio.to_thread(psutil.wait_procs, children, timeout=20)
    assert [child.cmdline() for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []


def workers_of(running: subprocess.Popen[str]) -> dict[str, psutil.Process]:
    """By role."""
    found = {}
    for child in psutil.Process(running.pid).children(recursive=True):
        if child.status() == psutil.STATUS_ZOMBIE:
            continue
        argv = child.cmdline()
        if len(argv) == 3 and argv[1] == "-m":
            found[argv[2]] = child
    return found


def read_until(running: subprocess.Popen[str], text: str) -> None:
    assert running.stdout
    for line in running.stdout:
        if text in line:
            return
    raise AssertionError(f"it ended without saying: {text}")


def test_a_configured_redis_that_is_absent_is_told_at_once() -> None:
    told = chimein("up", REDIS_HOST="127.0.0.1", REDIS_PORT=str(free_port()))
    assert told.returncode == 1
    assert "cannot be reached" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_command_without_a_gateway_says_how_to_start_one() -> None:
    told = chimein("status", CHIMEIN_URL=f"http://127.0.0.1:{free_port()}")
    assert told.returncode == 1
    assert "chimein up" in told.stderr
    assert "Traceback" not in told.stderr


def test_there_is_no_such_worker() -> None:
    assert chimein("worker", "listener").returncode == 2


def test_doctor_tells_what_is_missing_and_never_a_secret() -> None:
    told = chimein("doctor", RECALL_API_KEY="very-secret", CHIMEIN_URL=f"http://127.0.0.1:{free_port()}")
    assert told.returncode == 1
    assert "WEBSOCKET_DOMAIN is not set" in told.stdout
    assert "very-secret" not in told.stdout + told.stderr


def test_every_command_is_there() -> None:
    assert {command.callback.__name__ for command in app.registered_commands} == set(COMMANDS.split())

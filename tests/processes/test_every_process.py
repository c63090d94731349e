"""The Procfile's lines: real processes, real signals, exit codes."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import pytest
from processes import ROOT, system
from support import eventually

from shared.bus import Bus
from shared.ports import free_port

ROLES = ("gateway", "ingest", "transcriber", "brain", "speaker")
pytestmark = pytest.mark.process


@pytest.mark.parametrize("role", ROLES)
def test_help_works(role: str) -> None:
    told = subprocess.run(
        [sys.executable, "-m", role, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert told.returncode == 0
    assert "Settings come from the environment" in " ".join(told.stdout.replace("│", " ").split())


@pytest.mark.parametrize("role", ROLES)
def test_a_wrong_setting_is_named_and_nothing_is_started(role: str) -> None:
    environ = {"PATH": os.environ["PATH"], "REDIS_PORT": "none", "LOG_LEVEL": "info"}
    told = subprocess.run(
        [sys.executable, "-m", role], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=30, check=False
    )
    assert told.returncode == 2
    assert "REDIS_PORT='none'" in told.stderr


async def is_ready(port: int) -> bool:
    try:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/ready") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


@pytest.mark.timeout(120)
async def test_every_process_stops_cleanly_within_four_seconds(bus: Bus, redis_url: str, tmp_path: Path) -> None:
    with system(redis_url, tmp_path) as chimein:
        processes = {role: chimein.start(role) for role in ROLES}
        await chimein.until_ready()
        began = time.monotonic()
        for process in processes.values():
            process.send_signal(signal.SIGTERM)
        codes = {role: await asyncio.to_thread(process.wait, 10) for role, process in processes.items()}
        took = time.monotonic() - began
    assert codes == dict.fromkeys(ROLES, 0)
    assert took < 4


@pytest.mark.timeout(120)
async def test_honcho_alone_runs_the_same_system(bus: Bus, redis_url: str) -> None:
    port = free_port()
    environ = {
        **os.environ,
        "REDIS_URL": redis_url,
        "GATEWAY_PORT": str(port),
        "INGEST_PORT": str(free_port()),
        "TRANSCRIBER_ENGINE": "scripted",
        "SPEAKER_VOICE": "scripted",
        **{f"{role.upper()}_STATUS_PORT": "0" for role in ROLES},
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    honcho = subprocess.Popen(
        [sys.executable, "-m", "honcho", "start"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        await eventually(lambda: is_ready(port), within_s=60)
        began = time.monotonic()
        honcho.send_signal(signal.SIGTERM)
        printed, _ = await asyncio.to_thread(honcho.communicate, timeout=10)
        took = time.monotonic() - began
    finally:
        honcho.kill()
    assert took < 5
    assert b"SIGKILL" not in printed, printed.decode()
    assert printed.count(b"worker.stopped") == 4, printed.decode()


HIDE_ENGINE = """
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "faster_whisper" else find(name, package)
"""


async def test_a_worker_without_its_engine_says_what_to_install(redis_url: str, tmp_path: Path) -> None:
    """As on a machine where only the base package is installed."""
    (tmp_path / "sitecustomize.py").write_text(HIDE_ENGINE)
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{tmp_path}:{ROOT}", "REDIS_URL": redis_url}
    told = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "transcriber"],
        cwd=tmp_path,
        env={**environ, "TRANSCRIBER_STATUS_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert told.returncode == 2
    assert "pip install" in told.stderr
    assert "Traceback" not in told.stderr

"""What the health check of a container says."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from shared.alive import AliveSettings, main, status_of, verdict_of
from shared.clock import ManualClock
from shared.health import STUCK_MS, Health
from shared.ports import free_port
from shared.status_server import serve_status

NAMES = [f"{role}_STATUS_PORT" for role in ("INGEST", "TRANSCRIBER", "BRAIN", "SPEAKER")] + ["GATEWAY_PORT"]


@pytest.fixture
async def port(clock: ManualClock) -> AsyncIterator[int]:
    """A worker's status server; its loop is stuck when the clock is moved on."""
    chosen = free_port()
    async with serve_status("brain", Health(clock), "127.0.0.1", chosen):
        yield chosen


def environment(port: int) -> dict[str, str]:
    return {**{name: str(free_port()) for name in NAMES}, "BRAIN_STATUS_PORT": str(port)}


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ({1: 0, 2: 0}, 1),
        ({1: 200, 2: 0}, 0),
        ({1: 200, 2: 503}, 1),
        ({1: 200, 2: 200}, 0),
        ({1: 404}, 1),
    ],
)
def test_somebody_must_answer_and_nobody_be_stuck(statuses: dict[int, int], code: int) -> None:
    assert verdict_of(statuses) == code


async def test_one_process_that_is_well_is_enough(port: int) -> None:
    assert await asyncio.to_thread(main, environment(port)) == 0


async def test_a_loop_that_is_stuck_is_not_alive(port: int, clock: ManualClock) -> None:
    clock.advance(STUCK_MS + 1)
    assert await asyncio.to_thread(main, environment(port)) == 1


def test_nobody_is_not_alive() -> None:
    assert main(environment(free_port())) == 1


def test_who_listens_and_does_not_answer_is_not_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.alive.WITHIN_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        assert status_of(deaf.getsockname()[1]) == 503


async def test_it_runs_as_the_image_runs_it(port: int) -> None:
    told = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "shared.alive"],
        env=environment(port),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (told.returncode, told.stdout) == (0, f"port {port}: HTTP 200\n")


def test_the_ports_are_those_that_the_processes_have_by_default() -> None:
    assert AliveSettings().ports == (8000, 8011, 8012, 8013, 8014)

"""Real processes for tests: started, killed, and always ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
from support import eventually

from rehearsal.made_meetings import socket_path
from shared.ports import free_port

ROOT = Path(__file__).parents[2]


class System:
    """Some of chimein's processes on one Redis."""

    def __init__(self, redis_url: str, logs: Path, **settings: str) -> None:
        self.ingest_port, self.gateway_port = free_port(), free_port()
        self._logs = logs
        self._environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "REDIS_URL": redis_url,
            "INGEST_PORT": str(self.ingest_port),
            "GATEWAY_PORT": str(self.gateway_port),
            "TRANSCRIBER_ENGINE": "scripted",
            "SPEAKER_VOICE": "scripted",
            "LOG_FORMAT": "json",
            **{f"{role}_STATUS_PORT": "0" for role in ("INGEST", "TRANSCRIBER", "BRAIN", "SPEAKER")},
            **settings,
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, role: str) -> subprocess.Popen[bytes]:
        log = (self._logs / f"{role}-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", role], env=self._environ, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT
        )
        log.close()
        self.processes.append(process)
        return process

    def log_of(self, process: subprocess.Popen[bytes], role: str) -> str:
        return (self._logs / f"{role}-{self.processes.index(process)}.log").read_text()

    def socket_url(self, meeting_id: str) -> str:
        return f"ws://127.0.0.1:{self.ingest_port}{socket_path(meeting_id)}"

    async def until_ready(self, within_s: float = 60) -> None:
        """Says who died, or what the gateway waits for, when it does not become ready."""
        said = "nothing yet"

        async def ready() -> bool:
            nonlocal said
            dead = [process for process in self.processes if process.poll() not in (None, -signal.SIGKILL)]
            assert not dead, [self._told(process) for process in dead]
            try:
                url = f"http://127.0.0.1:{self.gateway_port}/ready"
                patience = aiohttp.ClientTimeout(total=5)
                async with aiohttp.ClientSession() as session, session.get(url, timeout=patience) as answer:
                    said = await answer.text()
                    return answer.status == 200
            except (aiohttp.ClientError, TimeoutError) as error:
                said = repr(error)
                return False

        try:
            await eventually(ready, within_s=within_s)
        except AssertionError as error:
            raise AssertionError(f"{error}; the gateway said {said}") from error

    def _told(self, process: subprocess.Popen[bytes]) -> str:
        (log,) = self._logs.glob(f"*-{self.processes.index(process)}.log")
        return log.read_text()[-2000:]

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait(10)


@contextmanager
def system(redis_url: str, logs: Path, **settings: str) -> Iterator[System]:
    running = System(redis_url, logs, **settings)
    try:
        yield running
    finally:
        running.stop()

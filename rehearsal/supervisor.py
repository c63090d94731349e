"""Starts processes, keeps what they print, and ends them all when it ends, whatever happens."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

GRACE_S = 4.0
LINES_KEPT = 500
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Runs in the child before its program: a killed parent takes it along (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass
class Child:
    """One process and the last lines that it printed."""

    name: str
    argv: Sequence[str]
    process: asyncio.subprocess.Process
    reader: asyncio.Task[None]
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))


class Supervisor:
    """`async with Supervisor(environ, log_folder) as supervisor:`; nothing it started outlives the block."""

    def __init__(self, environ: Mapping[str, str], logs: Path | None = None) -> None:
        self._environ, self._logs = dict(environ), logs
        self.children: dict[str, Child] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.shield(self.stop_all())

    async def start(self, name: str, *argv: str) -> Child:
        """In a process group of its own. The name is free again once its process has ended."""
        process = await asyncio.create_subprocess_exec(
            *argv,
            env=self._environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        lines: deque[str] = deque(maxlen=LINES_KEPT)
        reader = asyncio.create_task(self._read(name, process, lines), name=f"output-{name}")
        self.children[name] = Child(name, argv, process, reader, lines)
        return self.children[name]

    async def start_worker(self, role: str, name: str = "") -> Child:
        """One of chimein's own processes."""
        return await self.start(name or role, sys.executable, "-m", role)

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.children[name].process.pid, number)

    async def wait_exit(self, name: str) -> int:
        return await self.children[name].process.wait()

    async def first_exit(self) -> Child:
        """The first of them that ends."""
        waits = {asyncio.create_task(child.process.wait()): child for child in self.children.values()}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return waits[next(iter(done))]

    async def stop_all(self, grace_s: float = GRACE_S) -> dict[str, int]:
        """SIGTERM, then SIGKILL for what is left after the grace. Returns the exit codes."""
        running = [child for child in self.children.values() if child.process.returncode is None]
        for child in running:
            self.kill(child.name, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await asyncio.gather(*(child.process.wait() for child in running))
        for child in running:
            if child.process.returncode is None:
                self.kill(child.name, signal.SIGCONT)
                self.kill(child.name, signal.SIGKILL)
        return {name: await self.wait_exit(name) for name in self.children}

    async def _read(self, name: str, process: asyncio.subprocess.Process, lines: deque[str]) -> None:
        assert process.stdout
        log = (self._logs / f"{name}.log").open("ab") if self._logs else None
        try:
            async for line in process.stdout:
                lines.append(line.decode(errors="replace").rstrip())
                if log:
                    log.write(line)
                    log.flush()
        finally:
            if log:
                log.close()

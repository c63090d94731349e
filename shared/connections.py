"""Connections to Redis, to one server or to a cluster, that cost little, lose no cancellation and repeat no command.

redis-py packs commands in Python, and before Python 3.12 sends each through `asyncio.wait_for`, which makes a task of
it and swallows a cancellation that comes as its work ends (https://github.com/python/cpython/issues/86296): a task that
was told to end would go on, and whoever waits for its end would wait for ever. And a client that repeats an XADD whose
reply was lost has it in the stream twice: what is tried again is for us to say.
"""

import asyncio
import math
from collections.abc import Iterable, Sequence
from typing import Any, cast
from urllib.parse import urlsplit

import hiredis
import redis.exceptions
from redis._parsers import AsyncCommandsParser
from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import AbstractConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

BLOCK_MS = 1000
"""How long one blocking read waits."""
ANSWER_WITHIN_S = BLOCK_MS / 1000 + 4
CONNECT_WITHIN_S = 1.0
"""To a server of a cluster: others are asked when it is gone."""
MOST_CONNECTIONS = 1000
LOST = (
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.OutOfMemoryError,
    redis.exceptions.ClusterError,
    redis.exceptions.TryAgainError,
    redis.exceptions.MasterDownError,
    redis.exceptions.RedisClusterException,
    TimeoutError,
    OSError,
)
"""Redis is away, loading, full, or not the primary any more; or a cluster is without the shard's server just now: wait,
and try again. docs/reliability.md says what each of them looks like from outside."""

CLUSTER = "+cluster"
"""In a URL's scheme: `redis+cluster://one:6379,two:6379`."""


class Connects:
    """Counts connections made: a new one may lead to a Redis that has forgotten its last writes."""

    def __init__(self) -> None:
        self.count = 0


class Cancellable(AbstractConnection):
    """A mixin."""

    connects: Connects

    async def on_connect_check_health(self, check_health: bool = True) -> None:
        await super().on_connect_check_health(check_health)
        self.connects.count += 1

    def pack_command(self, *args: Any) -> list[bytes]:  # as redis-py has it
        """In C. The first argument may be two words."""
        first, *rest = args
        words = first.encode().split() if isinstance(first, str) else first.split()
        return [hiredis.pack_command((*words, *rest))]

    def pack_commands(self, commands: Iterable[Iterable[Any]]) -> list[bytes]:
        return [packed for command in commands for packed in self.pack_command(*command)]

    async def send_packed_command(
        self,
        command: bytes | str | Iterable[bytes],
        check_health: bool = True,  # as redis-py has it
    ) -> None:
        if not self.is_connected:
            await self.connect_check_health(check_health=False)
        try:
            await self._write(command)
        except TimeoutError as error:
            await self.disconnect(nowait=True)
            raise redis.exceptions.TimeoutError("Timeout writing to socket") from error
        except OSError as error:
            await self.disconnect(nowait=True)
            raise redis.exceptions.ConnectionError(f"Error while writing to socket: {error}") from error
        except BaseException:
            # Half a command may be on its way: nothing can be sent after it.
            await self.disconnect(nowait=True)
            raise

    async def _write(self, command: bytes | str | Iterable[bytes]) -> None:
        """Waits only while more is unsent than the transport likes to keep."""
        writer = self._writer
        assert writer
        match command:
            case bytes():
                writer.write(command)
            case str():
                writer.write(command.encode())
            case _:
                writer.writelines(command)
        if writer.transport.get_write_buffer_size():
            async with asyncio.timeout(self.socket_timeout):
                await writer.drain()


class Cluster(RedisCluster):
    """Of which the failure of one server does not disturb the others."""

    async def initialize(self, *args: Any, **kwargs: Any) -> "Cluster":
        """Learns which server has what. Who is cancelled meanwhile breaks it off for nobody else."""
        if self._initialize:
            await asyncio.shield(asyncio.ensure_future(super().initialize(*args, **kwargs)))
        return self

    async def aclose(self) -> None:
        """Redis-py closes all connections, in use or not, to learn anew: learning is enough. `close` closes."""
        self._initialize = True


class Keys(AsyncCommandsParser):
    """Finds the keys of a read of streams by itself: redis-py asks a server for them, each time."""

    async def initialize(self, node: ClusterNode | None = None) -> None:
        if node is None or not self.commands:
            await super().initialize(node)
        else:
            self.node = node

    async def get_keys(self, *args: Any) -> tuple[str, ...] | None:
        if args[0] in ("XREAD", "XREADGROUP"):
            names = args[args.index(b"STREAMS") + 1 :]
            return tuple(names[: len(names) // 2])
        return await super().get_keys(*args)


def connect(url: str, connects: Connects | None = None) -> Redis:
    """A client for the server, or the cluster, that the URL names. Not connected yet."""
    if CLUSTER in urlsplit(url).scheme:
        return cast("Redis", connect_cluster(url, connects or Connects()))
    client = Redis.from_url(
        url,
        socket_timeout=ANSWER_WITHIN_S,
        legacy_responses=False,
        max_connections=MOST_CONNECTIONS,
    )
    pool = client.connection_pool
    pool.connection_class = counted(pool.connection_class, connects or Connects())
    return client


def connect_cluster(url: str, connects: Connects) -> RedisCluster:
    """It has the methods of Redis that we use; several keys of one command must belong to one shard."""
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    names = [host if ":" in host else f"{host}:6379" for host in hosts.split(",")]
    first = parts._replace(scheme=parts.scheme.removesuffix(CLUSTER), netloc=f"{login}@{names[0]}".lstrip("@"))
    options = cast("dict[str, Any]", parse_url(first.geturl()))
    kind = options.pop("connection_class", None)
    options = {name: value for name, value in options.items() if name not in ("host", "port", "db")}
    client = Cluster(
        startup_nodes=[ClusterNode(*split_host(name)) for name in names],
        socket_timeout=ANSWER_WITHIN_S,
        legacy_responses=False,
        max_connections=MOST_CONNECTIONS,
        retry=Retry(NoBackoff(), 0),
        require_full_coverage=False,
        reinitialize_steps=0,
        socket_connect_timeout=CONNECT_WITHIN_S,
        ssl=kind is not None,
        **options,
    )
    client.commands_parser = Keys()
    nodes = client.nodes_manager
    made = counted(nodes.connection_kwargs.get("connection_class", ClusterNode("", 0).connection_class), connects)
    nodes.connection_kwargs["connection_class"] = made
    for node in nodes.startup_nodes.values():
        node.connection_class = made
    return client


def split_host(name: str) -> tuple[str, int]:
    host, _, port = name.rpartition(":")
    return host.strip("[]"), int(port)


def counted(kind: type[Any], connects: Connects) -> type[Any]:
    """Connections of that kind that lose no cancellation, and are counted."""
    return type(f"Cancellable{kind.__name__}", (Cancellable, kind), {"connects": connects})


async def ask(client: Redis, name: str, *args: str | bytes | int) -> object:
    """The reply to one command, as redis-py gives it. Raises what Redis answers, or LOST."""
    if is_cluster(client):
        return await cast("Any", client).execute_command(name, *args)
    (reply,) = await ask_all(client, [(name, *args)])
    if isinstance(reply, Exception):
        raise reply
    callback = client.response_callbacks.get(name)
    return callback(reply) if callback else reply


async def ask_all(client: Redis, commands: Sequence[Sequence[str | bytes | int]]) -> list[object]:
    """Their replies as they come, in one round trip; an error of Redis stands in its command's place. Raises LOST.

    Of one server. What `execute_command` and a pipeline of redis-py do besides takes longer than Redis does.
    """
    pool = cast("Any", client.connection_pool)
    connection: AbstractConnection = await pool.get_connection()
    try:
        await connection.send_packed_command(connection.pack_commands(commands))
        return [await reply_of(connection) for _ in commands]
    finally:
        await pool.release(connection)


class Line:
    """A connection to the one server, kept at hand: a request costs a third of what redis-py's pipelines cost."""

    def __init__(self, client: Redis) -> None:
        self._pool: Any = client.connection_pool
        self._kept: AbstractConnection | None = None

    async def exchange(self, commands: Sequence[bytes], within_s: float) -> list[Any]:
        """The replies, errors of Redis among them.

        Raises what LOST names; which commands were carried out is not known then.
        """
        async with asyncio.timeout(within_s):
            connection, self._kept = self._kept, None
            connection = connection or await self._pool.get_connection()
            try:
                await connection.send_packed_command(commands)
                return [await reply_of(connection, math.inf) for _ in commands]
            finally:
                if self._kept is None:
                    self._kept = connection
                else:
                    await self._pool.release(connection)


async def reply_of(connection: AbstractConnection, within_s: float | None = None) -> Any:
    """Its next one; in the connection's own time, or as long as who asks allows."""
    try:
        return await connection.read_response(timeout=within_s)
    except redis.exceptions.ResponseError as error:
        return error


async def close(client: Redis) -> None:
    """All connections."""
    await client.aclose()
    if is_cluster(client):
        nodes = cast("Cluster", client).nodes_manager
        await nodes.aclose()
        await nodes.aclose("startup_nodes")


def is_cluster(client: Redis) -> bool:
    return isinstance(client, RedisCluster)

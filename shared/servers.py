"""Asking about many shards at once: one round trip per server, and a server that is away holds up no other."""

import asyncio
import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import hiredis
import redis.exceptions
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.commands.core import AsyncScript

from shared.connections import LOST, Line, is_cluster
from shared.streams import ShardKeys

WITHIN_S = 1.0
"""Less than a lease: an owner must get round to its other servers in time."""

Queue = Callable[[Any, int], object]
"""Puts one command about the shard into the pipeline."""


@dataclass(frozen=True)
class ScriptCall:
    """The keys are of one shard where Redis is a cluster."""

    script: AsyncScript
    keys: Sequence[str]
    args: Sequence[Any]

    @property
    def command(self) -> tuple[Any, ...]:
        return ("EVALSHA", self.script.sha, len(self.keys), *self.keys, *self.args)

    @functools.cached_property
    def packed(self) -> bytes:
        """As it is sent."""
        return cast("bytes", hiredis.pack_command(self.command))


class Servers:
    """The servers behind one client. Who asks again and again `keeps_line`, for as long as the client lives."""

    def __init__(self, client: Redis, *, within_s: float = WITHIN_S, keeps_line: bool = False) -> None:
        self._client, self._within_s = client, within_s
        self._line = Line(client) if keeps_line and not is_cluster(client) else None
        self._looking: asyncio.Task[None] | None = None

    def together(self, shards: Sequence[int]) -> list[list[int]]:
        """The shards that one script may be called for: all, but in a cluster each by itself."""
        return [[shard] for shard in shards] if is_cluster(self._client) else [list(shards)] if shards else []

    async def ask(self, shards: Sequence[int], queue: Queue) -> dict[int, Any]:
        """The answer about each shard; those of servers that are away are missing.

        Raises what LOST names when all are away, and any other error of a command.
        """
        return there(await self._ask({shard: ShardKeys(shard).tag for shard in shards}, queue))

    async def run(
        self, script: AsyncScript, calls: Mapping[int, tuple[Sequence[str], Sequence[Any]]]
    ) -> dict[int, Any]:
        """Like `ask`: the script once per shard, with these keys and arguments."""
        replies = await self.call([ScriptCall(script, keys, args) for keys, args in calls.values()])
        return there(dict(zip(calls, replies, strict=True)))

    async def call(self, calls: Sequence[ScriptCall]) -> list[Any]:
        """The reply to each, or why its server is away. Raises like `ask`."""
        replies = await self._call(calls)
        strange = [n for n, reply in enumerate(replies) if isinstance(reply, redis.exceptions.NoScriptError)]
        if strange:
            for text in {calls[n].script.script for n in strange}:
                await self._client.script_load(cast("str", text))
            for n, reply in zip(strange, await self._call([calls[n] for n in strange]), strict=True):
                replies[n] = reply
        for reply in replies:
            if isinstance(reply, Exception) and not isinstance(reply, LOST):
                raise reply
        return replies

    async def _call(self, calls: Sequence[ScriptCall]) -> list[Any]:
        if self._line and calls:
            return await self._line.exchange([call.packed for call in calls], self._within_s)
        keys = {n: call.keys[0] for n, call in enumerate(calls)}
        answers = await self._ask(keys, lambda pipe, n: pipe.execute_command(*calls[n].command))
        return [answers[n] for n in keys]

    async def _ask(self, keys: Mapping[int, str], queue: Queue) -> dict[int, Any]:
        """The answer about each of the keys, or why its server is away. Raises that when all are."""
        groups = self._by_server(keys)
        found = await asyncio.gather(*(self._ask_one(group, queue) for group in groups), return_exceptions=True)
        answers: dict[int, Any] = {}
        failures: list[BaseException] = []
        for group, one in zip(groups, found, strict=True):
            if isinstance(one, BaseException):
                failures.append(one)
                answers |= dict.fromkeys(group, one)
            else:
                answers.update(zip(group, one, strict=True))
        for failure in failures:
            if len(failures) == len(groups) or not isinstance(failure, LOST):
                raise failure
        if failures:
            self._look_again()
        return answers

    def _by_server(self, keys: Mapping[int, str]) -> list[list[int]]:
        """As far as we know which has what; all together where there is but one."""
        if not is_cluster(self._client):
            return [list(keys)] if keys else []
        cluster = cast("RedisCluster", self._client)
        groups: dict[str, list[int]] = {}
        for n, key in keys.items():
            nodes = cluster.nodes_manager.slots_cache.get(cluster.keyslot(key))
            groups.setdefault(nodes[0].name if nodes else "", []).append(n)
        return list(groups.values())

    async def _ask_one(self, group: list[int], queue: Queue) -> list[Any]:
        pipe = self._client.pipeline(transaction=False)
        for n in group:
            queue(pipe, n)
        async with asyncio.timeout(self._within_s):
            return await pipe.execute(raise_on_error=False)

    def _look_again(self) -> None:
        """Which server has which shards now? A pipeline that fails does not make the client ask by itself."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(look_again(self._client), name="cluster-slots")


async def look_again(client: Redis) -> None:
    if is_cluster(client):
        with contextlib.suppress(*LOST):
            await cast("RedisCluster", client).nodes_manager.initialize()


def there(answers: Mapping[int, Any]) -> dict[int, Any]:
    """Without those of servers that are away. Raises any other error."""
    for answer in answers.values():
        if isinstance(answer, Exception) and not isinstance(answer, LOST):
            raise answer
    return {n: answer for n, answer in answers.items() if not isinstance(answer, LOST)}

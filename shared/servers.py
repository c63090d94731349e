"""Asking about many shards at once: one round trip per server, and a server that is away holds up no other."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

import redis.exceptions
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.commands.core import AsyncScript

from shared.connections import LOST, is_cluster
from shared.streams import ShardKeys

WITHIN_S = 1.0
"""Less than a lease: an owner must get round to its other servers in time."""

Queue = Callable[[Any, int], object]
"""Puts one command about the shard into the pipeline."""


class Servers:
    """The servers behind one client."""

    def __init__(self, client: Redis, *, within_s: float = WITHIN_S) -> None:
        self._client, self._within_s = client, within_s
        self._looking: asyncio.Task[None] | None = None

    def of(self, shards: Iterable[int]) -> list[list[int]]:
        """The shards of each server, as far as we know; all together where there is but one server."""
        if not is_cluster(self._client):
            return [list(shards)]
        cluster = cast("RedisCluster", self._client)
        groups: dict[str, list[int]] = {}
        for shard in shards:
            nodes = cluster.nodes_manager.slots_cache.get(cluster.keyslot(ShardKeys(shard).tag))
            groups.setdefault(nodes[0].name if nodes else "", []).append(shard)
        return list(groups.values())

    async def ask(self, shards: Sequence[int], queue: Queue) -> dict[int, Any]:
        """The answer about each shard; those of servers that are away are missing.

        Raises what LOST names when all are away, and any other error of a command.
        """
        return checked(await self._ask(shards, queue))

    async def run(
        self, script: AsyncScript, calls: Mapping[int, tuple[Sequence[str], Sequence[Any]]]
    ) -> dict[int, Any]:
        """Like `ask`: the script once per shard, with these keys and arguments."""

        def queue(pipe: Any, shard: int) -> object:
            keys, args = calls[shard]
            return pipe.execute_command("EVALSHA", script.sha, len(keys), *keys, *args)

        answers = await self._ask(list(calls), queue)
        strangers = [shard for shard, one in answers.items() if isinstance(one, redis.exceptions.NoScriptError)]
        if strangers:
            await self._client.script_load(cast("str", script.script))
            answers |= await self._ask(strangers, queue)
        return checked(answers)

    async def _ask(self, shards: Sequence[int], queue: Queue) -> dict[int, Any]:
        groups = [group for group in self.of(shards) if group]
        found = await asyncio.gather(*(self._ask_one(group, queue) for group in groups), return_exceptions=True)
        answers: dict[int, Any] = {}
        failures: list[BaseException] = []
        for group, one in zip(groups, found, strict=True):
            if isinstance(one, BaseException):
                failures.append(one)
            else:
                answers.update(zip(group, one, strict=True))
        for failure in failures:
            if len(failures) == len(groups) or not isinstance(failure, LOST):
                raise failure
        if failures:
            self._look_again()
        return {shard: answer for shard, answer in answers.items() if not isinstance(answer, LOST)}

    async def _ask_one(self, group: list[int], queue: Queue) -> list[Any]:
        pipe = self._client.pipeline(transaction=False)
        for shard in group:
            queue(pipe, shard)
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


def checked(answers: dict[int, Any]) -> dict[int, Any]:
    for answer in answers.values():
        if isinstance(answer, Exception):
            raise answer
    return answers

"""Scripts that many tasks call: calls that come while a round trip is under way go together in the next one."""

import asyncio
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, cast

import redis.exceptions
from redis.asyncio import Redis

from shared.connections import ask_all, is_cluster
from shared.streams import tag_of

SCRIPTS = Path(__file__).parent / "scripts"
MOST_AT_ONCE = 200
"""Calls in one round trip: more would keep others waiting at Redis."""


INCLUDED = re.compile(r"^-- include (\w+)$", re.M)


def text_of(name: str) -> str:
    """With what it includes of its neighbours."""
    return INCLUDED.sub(lambda found: text_of(found[1]), (SCRIPTS / f"{name}.lua").read_text())


class Call(NamedTuple):
    """One call of a script."""

    keys: Sequence[str]
    args: Sequence[str | bytes | int]


class Script:
    """One of `shared/scripts`."""

    def __init__(self, client: Redis, name: str) -> None:
        self._redis = client
        self.text = text_of(name)
        self.sha = hashlib.sha1(self.text.encode()).hexdigest()  # noqa: S324  # Redis names scripts so
        self._lanes: dict[str, Lane] = {}

    async def __call__(self, keys: Sequence[str], args: Sequence[str | bytes | int]) -> object:
        """The reply; raises what Redis answers, or LOST."""
        name = tag_of(keys[0]) if is_cluster(self._redis) else ""
        if name not in self._lanes:
            self._lanes[name] = Lane(self)
        return await self._lanes[name].call(Call(keys, args))

    async def each(self, calls: Sequence[Call]) -> list[object]:
        """All in one round trip; an error of Redis stands in its call's place. Raises LOST."""
        if not calls:
            return []
        replies = await self._tried(calls)
        unknown = [n for n, reply in enumerate(replies) if isinstance(reply, redis.exceptions.NoScriptError)]
        if unknown:
            await self._redis.script_load(self.text)
            for n, reply in zip(unknown, await self._tried([calls[n] for n in unknown]), strict=True):
                replies[n] = reply
        return replies

    async def _tried(self, calls: Sequence[Call]) -> list[object]:
        commands = [("EVALSHA", self.sha, len(keys), *keys, *args) for keys, args in calls]
        if not is_cluster(self._redis):
            return await ask_all(self._redis, commands)
        pipe = self._redis.pipeline(transaction=False)
        for command in commands:
            pipe.execute_command(*command)
        return cast("list[object]", await pipe.execute(raise_on_error=False))


class Lane:
    """Calls that go together; in a cluster, where a server may be away while others are not, those of one shard."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._waiting: list[tuple[Call, asyncio.Future[object]]] = []
        self._sending: asyncio.Task[None] | None = None

    async def call(self, call: Call) -> object:
        reply: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, reply))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send(), name="script")
        return await reply

    async def _send(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            replies: Sequence[object]
            try:
                replies = await self._script.each([call for call, _ in batch])
            except Exception as error:
                replies = [error] * len(batch)
            for (_, future), reply in zip(batch, replies, strict=True):
                settle(future, reply)


def settle(future: asyncio.Future[object], reply: object) -> None:
    """Whoever called may have been cancelled meanwhile."""
    if future.done():
        return
    if isinstance(reply, Exception):
        future.set_exception(reply)
    else:
        future.set_result(reply)

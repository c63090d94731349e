"""Connections to Redis that lose no cancellation.

Before Python 3.12 `asyncio.wait_for` swallows a cancellation that comes as its work ends
(https://github.com/python/cpython/issues/86296), and redis-py sends every command through it. A task that was told to
end would go on, and whoever waits for its end would wait for ever.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection


class Cancellable(AbstractConnection):
    """A mixin."""

    async def send_packed_command(
        self,
        command: bytes | str | Iterable[bytes],
        check_health: bool = True,  # as redis-py has it
    ) -> None:
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        await super().send_packed_command(command, check_health)
        if task and task.cancelling() > before:
            await self.disconnect(nowait=True)
            raise asyncio.CancelledError


def made_cancellable(client: Redis) -> Redis:
    """Before its first connection."""
    pool = client.connection_pool
    kind: type[Any] = pool.connection_class
    pool.connection_class = type(f"Cancellable{kind.__name__}", (Cancellable, kind), {})
    return client

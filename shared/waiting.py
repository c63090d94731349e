"""Waiting, and knowing when to stop."""

import asyncio
import time
from collections.abc import Awaitable
from functools import partial
from typing import Any

from shared.clock import Clock

LONGEST_TURN_S = 0.005
TURNS = 6
"""Of the loop, from a stream's reader to what is sent because of what it brought."""


async def first_of(*waits: Awaitable[Any]) -> None:
    """Returns when one of them does; the others are cancelled."""
    if len(waits) == 1:
        await waits[0]
        return
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def rung(bell: asyncio.Event, *waits: Awaitable[Any]) -> None:
    """Returns when the bell rings, or one of the waits does, as it then rings the bell; the waits are cancelled.

    For who is woken often: `first_of` has a task for every wait, the bell too, and who waits is woken by that.
    """
    tasks, ring = [asyncio.ensure_future(wait) for wait in waits], partial(set_bell, bell)
    for task in tasks:
        task.add_done_callback(ring)
    try:
        await bell.wait()
    finally:
        for task in tasks:
            task.remove_done_callback(ring)
            task.cancel()


def set_bell(bell: asyncio.Event, _: object) -> None:
    bell.set()


async def give_way() -> None:
    """Who was just woken, and whom they wake, go first: what they send leaves before anything of ours."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def until(clock: Clock, at_ms: int) -> None:
    """Returns at that time, Unix ms; at once when it is past."""
    await clock.sleep(max(0, at_ms - clock.now_ms()) / 1000)


class Breath:
    """In work that takes long: the loop turns in between, so that nothing else waits for all of it."""

    def __init__(self) -> None:
        self._since_s = time.perf_counter()

    async def take(self) -> None:
        """To be called often; mostly it does nothing."""
        if time.perf_counter() - self._since_s >= LONGEST_TURN_S:
            await asyncio.sleep(0)
            self._since_s = time.perf_counter()


async def rest(clock: Clock, seconds: float) -> None:
    """Before another try of what Redis did not take. Ends a task that is not wanted any more."""
    if not is_wanted():
        raise asyncio.CancelledError
    await clock.sleep(seconds)


async def end(*tasks: asyncio.Task[Any], again_s: float = 3.0) -> None:
    """Cancels them and returns when all have ended; asks again where a cancellation got lost."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=again_s)


def is_wanted() -> bool:
    """False once this task was cancelled: for loops around calls that may swallow the cancellation.

    redis-py does so while it connects: https://docs.python.org/3/library/asyncio-task.html#asyncio.Task.cancelling
    still tells.
    """
    task = asyncio.current_task()
    return task is None or not task.cancelling()

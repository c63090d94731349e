"""Waiting, and knowing when to stop."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def first_of(*waits: Coroutine[Any, Any, Any]) -> None:
    """Returns when one of them does; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def is_wanted() -> bool:
    """False once this task was cancelled: for loops around calls that may swallow the cancellation.

    redis-py does so while it connects: https://docs.python.org/3/library/asyncio-task.html#asyncio.Task.cancelling
    still tells.
    """
    task = asyncio.current_task()
    return task is None or not task.cancelling()

import asyncio
import time

import pytest

from shared.clock import ManualClock, SystemClock
from shared.waiting import LONGEST_TURN_S, Breath, end, first_of, give_way, is_wanted, rest, rung, until


class Swallowing:
    """A call that tells a cancellation as a lost connection, as redis-py may."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def __call__(self) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ConnectionError from None


async def test_a_task_whose_cancellation_was_swallowed_does_not_try_again() -> None:
    call = Swallowing()
    task = asyncio.create_task(patiently(call))
    await call.begun.wait()
    task.cancel()
    async with asyncio.timeout(5):
        await asyncio.wait({task})
    assert task.cancelled()


async def patiently(call: Swallowing) -> None:
    while True:
        try:
            await call()
        except OSError:
            await rest(SystemClock(), 0.01)


async def test_ending_asks_again_where_a_cancellation_got_lost() -> None:
    call = Swallowing()
    task = asyncio.create_task(deaf_once(call))
    await call.begun.wait()
    async with asyncio.timeout(5):
        await end(task, again_s=0.05)
    assert task.cancelled()


async def deaf_once(call: Swallowing) -> None:
    try:
        await call()
    except OSError:
        await asyncio.Event().wait()


async def test_ending_what_has_ended_is_nothing() -> None:
    task = asyncio.create_task(asyncio.sleep(0))
    await task
    await end(task)


async def test_a_task_that_nobody_cancelled_is_wanted() -> None:
    assert is_wanted()


async def test_a_time_that_is_past_is_not_waited_for(clock: ManualClock) -> None:
    waiting = asyncio.create_task(until(clock, clock.now_ms() - 5_000))
    await asyncio.sleep(0)
    clock.advance(0)
    await waiting


async def test_the_first_of_several_waits_ends_them_all() -> None:
    never = asyncio.create_task(asyncio.Event().wait())
    await first_of(asyncio.sleep(0), never)
    with pytest.raises(asyncio.CancelledError):
        await never


async def test_long_work_leaves_the_loop_to_others_in_between() -> None:
    turns = list[int]()

    async def other() -> None:
        while True:
            turns.append(len(turns))
            await asyncio.sleep(0)

    beside, breath = asyncio.create_task(other()), Breath()
    for _ in range(3):
        time.sleep(LONGEST_TURN_S)
        await breath.take()
    assert len(turns) >= 3
    for _ in range(100):
        await breath.take()
    assert len(turns) < 50
    await end(beside)


async def test_a_bell_ends_the_waits_beside_it_and_is_not_rung_by_their_end() -> None:
    bell, never = asyncio.Event(), asyncio.create_task(asyncio.Event().wait())
    asyncio.get_running_loop().call_soon(bell.set)
    await rung(bell, never)
    bell.clear()
    with pytest.raises(asyncio.CancelledError):
        await never
    await asyncio.sleep(0)
    assert not bell.is_set()


async def test_a_wait_that_is_over_rings_the_bell() -> None:
    bell = asyncio.Event()
    await rung(bell, asyncio.sleep(0), asyncio.Event().wait())
    assert bell.is_set()


async def test_whom_one_gives_way_to_can_wake_another_first() -> None:
    woken: list[int] = []

    async def wake(left: int) -> None:
        woken.append(left)
        if left:
            await asyncio.create_task(wake(left - 1))

    waking = asyncio.create_task(wake(2))
    await give_way()
    assert woken == [2, 1, 0]
    await waking

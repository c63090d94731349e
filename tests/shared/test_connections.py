import asyncio

from shared.bus import Bus


async def write_for_ever(bus: Bus) -> None:
    while True:
        await bus.redis.set("busy", 1)


async def test_a_task_that_writes_without_pause_ends_whenever_it_is_cancelled(bus: Bus) -> None:
    for turns in range(300):
        task = asyncio.create_task(write_for_ever(bus))
        for _ in range(turns % 40):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task}, timeout=2)
        assert task.cancelled(), f"it went on after a cancellation at turn {turns % 40}"


async def test_what_a_task_still_has_to_write_when_it_was_cancelled_is_written(bus: Bus) -> None:
    task = asyncio.create_task(write_at_the_end(bus))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait({task}, timeout=2)
    assert await bus.redis.get("last") == b"written"


async def write_at_the_end(bus: Bus) -> None:
    try:
        await write_for_ever(bus)
    finally:
        await bus.redis.set("last", "written")

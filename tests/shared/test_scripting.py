"""Scripts that many tasks call, on a real server."""

import asyncio

import pytest
import redis.exceptions
from support import new_meeting

from shared.bus import Bus, Write
from shared.events import Hushed
from shared.scripting import MOST_AT_ONCE, Call, Script


def hushed(meeting_id: str, n: int) -> Write:
    return Write(facts=(Hushed(id=f"h{n}", meeting_id=meeting_id, at=1, by="test"),))


@pytest.mark.one_server
async def test_calls_of_many_tasks_share_round_trips_and_each_gets_its_own_reply(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    count = MOST_AT_ONCE + 50
    before = await evals(bus)
    written = await asyncio.gather(*(bus.write(meeting_id, hushed(meeting_id, n)) for n in range(count)))
    timeline = {entry.id: entry.fields[b"body"] for entry in await bus.timeline(meeting_id)}
    assert all(f"h{n}".encode() in timeline[ids[0]] for n, ids in enumerate(written))
    assert await evals(bus) - before >= count
    assert len(bus.redis.connection_pool._available_connections) <= 2


async def evals(bus: Bus) -> int:
    stats = await bus.redis.info("commandstats")
    return int(stats.get("cmdstat_evalsha", {}).get("calls", 0))


async def test_a_server_that_has_forgotten_the_script_is_told_it_again(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    await bus.write(meeting_id, hushed(meeting_id, 1))
    await bus.redis.script_flush()
    assert len(await bus.write(meeting_id, hushed(meeting_id, 2))) == 1


async def test_an_error_is_its_callers_alone(bus: Bus) -> None:
    script = Script(bus.redis, "renew")
    await bus.redis.set("{a}:text", "no hash")
    good, bad = await asyncio.gather(
        script(["{a}:own", "{a}:lease"], ["w", 100, 1]),
        script(["{a}:text", "{a}:lease"], ["w", 100, 1]),
        return_exceptions=True,
    )
    assert good == [0]
    assert isinstance(bad, redis.exceptions.ResponseError)


async def test_who_is_cancelled_while_waiting_holds_up_nobody(bus: Bus) -> None:
    script = Script(bus.redis, "renew")
    gone = asyncio.create_task(script(["{a}:own", "{a}:lease"], ["w", 100, 1]))
    await asyncio.sleep(0)
    gone.cancel()
    assert await script(["{a}:own", "{a}:lease"], ["w", 100, 1]) == [0]
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_nothing_to_call_asks_nobody(bus: Bus) -> None:
    calls: list[Call] = []
    assert await Script(bus.redis, "renew").each(calls) == []

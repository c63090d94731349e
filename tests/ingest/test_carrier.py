"""What a carrier makes sure of on a real server: order, repeats, what Redis forgot, the cap."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import redis.exceptions
from support import eventually, new_meeting

from ingest import carrier as carrier_module
from ingest.carrier import Carrier
from ingest.grid import Chunk
from ingest.intake import Intake
from ingest.outbox import Outbox
from shared.backlog import Backlog
from shared.bus import Bus
from shared.clock import ManualClock, SystemClock
from shared.connections import connect
from shared.ports import free_port
from shared.scripting import Call
from shared.streams import DROPPED, MIXED, RECEIVED, MeetingKeys
from shared.waiting import end


@pytest.fixture
async def intake(bus: Bus) -> Intake:
    intake = Intake(await new_meeting(bus))
    intake.tracks[MIXED] = Outbox()
    return intake


@pytest.fixture
async def carrier(bus: Bus, intake: Intake) -> AsyncIterator[Carrier]:
    carrier = Carrier(bus, SystemClock())
    carrier.intakes[intake.meeting_id] = intake
    running = asyncio.create_task(carrier.run())
    yield carrier
    await end(running)


def put(carrier: Carrier, intake: Intake, first_ms: int, count: int) -> None:
    intake.tracks[MIXED].put([Chunk(first_ms + 100 * n, b"%d" % n) for n in range(count)])
    carrier.carry(intake)


async def times(bus: Bus, intake: Intake) -> list[int]:
    found = await bus.redis.xrange(intake.keys.audio(MIXED))
    return [int(entry_id.partition(b"-")[0]) for entry_id, _ in found]


async def has(bus: Bus, intake: Intake, wanted: list[int]) -> bool:
    return await times(bus, intake) == wanted


async def test_chunks_are_appended_with_their_source_time(bus: Bus, carrier: Carrier, intake: Intake) -> None:
    put(carrier, intake, 0, 12)
    await eventually(lambda: has(bus, intake, list(range(0, 1200, 100))))
    await eventually(lambda: received(bus, intake, "1200"))
    assert intake.is_idle


async def received(bus: Bus, intake: Intake, wanted: str) -> bool:
    return (await bus.state(intake.meeting_id)).get(RECEIVED + MIXED) == wanted


async def test_tracks_may_begin_while_others_are_opened(bus: Bus, carrier: Carrier, intake: Intake) -> None:
    names = [f"{n}" for n in range(40)]
    for name in names:
        intake.tracks[name] = Outbox()
        intake.tracks[name].put([Chunk(0, name.encode())])
        carrier.carry(intake)
        await asyncio.sleep(0)
    await eventually(lambda: all_opened(bus, intake, names))
    assert intake.is_idle


async def all_opened(bus: Bus, intake: Intake, names: list[str]) -> bool:
    return all([await bus.redis.xlen(intake.keys.audio(name)) == 1 for name in names])


async def test_what_another_socket_brought_first_is_passed_over(bus: Bus, carrier: Carrier, intake: Intake) -> None:
    await bus.open_track(intake.meeting_id, MIXED)
    for ms in (0, 100, 200):
        await bus.redis.xadd(intake.keys.audio(MIXED), {"pcm": b"other"}, id=f"{ms}-1")
    put(carrier, intake, 0, 5)
    await eventually(lambda: has(bus, intake, [0, 100, 200, 300, 400]))


async def test_chunks_that_redis_forgot_go_again_before_the_next(bus: Bus, carrier: Carrier, intake: Intake) -> None:
    put(carrier, intake, 0, 8)
    await eventually(lambda: has(bus, intake, list(range(0, 800, 100))))
    await forget_after(bus, intake, 300)
    put(carrier, intake, 800, 2)
    await eventually(lambda: has(bus, intake, list(range(0, 1000, 100))))


async def test_the_end_of_a_track_that_says_no_more_is_looked_for(bus: Bus, carrier: Carrier, intake: Intake) -> None:
    put(carrier, intake, 0, 8)
    await eventually(lambda: has(bus, intake, list(range(0, 800, 100))))
    await eventually(lambda: intake.is_idle)
    await forget_after(bus, intake, 300)
    carrier.doubt()
    assert not intake.is_idle
    await eventually(lambda: has(bus, intake, list(range(0, 800, 100))))
    await eventually(lambda: intake.is_idle)


async def test_a_track_that_redis_forgot_altogether_is_made_again(bus: Bus, carrier: Carrier, intake: Intake) -> None:
    put(carrier, intake, 0, 3)
    await eventually(lambda: has(bus, intake, [0, 100, 200]))
    await bus.redis.delete(intake.keys.audio(MIXED))
    put(carrier, intake, 300, 2)
    await eventually(lambda: has(bus, intake, [0, 100, 200, 300, 400]))


async def test_a_server_that_never_saw_the_script_is_taught_it(bus: Bus, carrier: Carrier, intake: Intake) -> None:
    put(carrier, intake, 0, 1)
    await eventually(lambda: has(bus, intake, [0]))
    await bus.redis.script_flush()
    put(carrier, intake, 100, 1)
    await eventually(lambda: has(bus, intake, [0, 100]))


async def test_at_the_cap_the_oldest_goes_and_the_meeting_says_so(
    bus: Bus, carrier: Carrier, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier_module, "AUDIO_CAP_MS", 1000)
    put(carrier, intake, 0, 10)
    await eventually(lambda: has(bus, intake, list(range(0, 1000, 100))))
    assert not intake.dropped_at
    put(carrier, intake, 1000, 3)
    await eventually(lambda: has(bus, intake, list(range(300, 1300, 100))))
    assert (await bus.state(intake.meeting_id))[DROPPED + MIXED] == "300"
    await eventually(lambda: intake.dropped_at)


async def test_an_erased_meeting_is_carried_no_more(bus: Bus, carrier: Carrier, intake: Intake) -> None:
    await bus.redis.delete(intake.keys.state)
    put(carrier, intake, 0, 1)
    await eventually(intake.gone.is_set)
    assert not await bus.redis.exists(intake.keys.audio(MIXED))


async def forget_after(bus: Bus, intake: Intake, source_ms: int) -> None:
    """As a Redis does that comes back without the end of its log."""
    key, copy = intake.keys.audio(MIXED), f"{MeetingKeys(intake.meeting_id).prefix}:copy"
    for entry_id, fields in await bus.redis.xrange(key, "-", f"{source_ms}-1"):
        await bus.redis.xadd(copy, fields, id=entry_id)
    await bus.redis.rename(copy, key)


async def test_what_cannot_be_sent_grows_old(bus: Bus, intake: Intake) -> None:
    clock = ManualClock()
    unsent = Backlog(clock)
    carrier = Carrier(Bus(connect(f"redis://127.0.0.1:{free_port()}/0")), clock, unsent)
    carrier.intakes[intake.meeting_id] = intake
    running = asyncio.create_task(carrier.run())
    put(carrier, intake, 0, 1)
    await eventually(lambda: clock.advance(150) or unsent.age_s() > 0)
    await end(running)


async def test_minutes_of_many_meetings_go_in_pipelines_that_end_in_time(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest of each first; and what was sent is not sent again when the connection breaks in between."""
    intakes = [Intake(await new_meeting(bus)) for _ in range(30)]
    carrier, sizes = Carrier(bus, SystemClock()), list[int]()
    each = carrier._append_script.each

    async def noted(calls: list[Call]) -> list[object]:
        sizes.append(sum(len(call.args) - 3 for call in calls) // 2)
        if len(sizes) == 2:
            raise redis.exceptions.TimeoutError
        return await each(calls)

    monkeypatch.setattr(carrier._append_script, "each", noted)
    for intake in intakes:
        intake.tracks[MIXED] = Outbox()
        carrier.intakes[intake.meeting_id] = intake
        put(carrier, intake, 0, 250)
    running = asyncio.create_task(carrier.run())
    await eventually(lambda: all(intake.is_idle for intake in intakes))
    await end(running)
    assert max(sizes) <= carrier_module.MOST_AT_ONCE
    assert sum(sizes) - sizes[1] == 30 * 250
    for intake in intakes:
        assert await times(bus, intake) == list(range(0, 25_000, 100))

import asyncio
import math

import msgspec
import pytest
from ears import Ear
from meetings_played import QUICK, recording, send_bot, stand_in

from rehearsal.recall.frames import Person
from rehearsal.recall.incidents import Ends, Enters, Joins, Leaves
from rehearsal.recall.options import Faults

HURRIED = msgspec.structs.replace(QUICK, leaving=0.0001)
"""A minute takes 6 ms."""


def stay(bot) -> list[tuple[str, str | None]]:
    return [(change["code"], change["sub_code"]) for change in bot.status_changes]


async def over(bot) -> list[tuple[str, str | None]]:
    async with asyncio.timeout(10):
        await bot.standing.over
        await bot.reached["fatal" if bot.standing.over.result().code == "fatal" else "done"].wait()
    return stay(bot)


async def test_a_bot_that_nobody_admits_loses_patience() -> None:
    async with stand_in(delays=msgspec.structs.replace(HURRIED, lobby_s=math.inf)) as recall:
        bot = await send_bot(recall, automatic_leave={"waiting_room_timeout": 600})
        states = await over(bot)
    assert states[1:] == [
        ("in_waiting_room", None),
        ("call_ended", "timeout_exceeded_waiting_room"),
        ("done", None),
    ]


async def test_a_bot_can_be_kicked_from_the_lobby() -> None:
    async with stand_in(delays=msgspec.structs.replace(QUICK, lobby_s=math.inf)) as recall:
        bot = await send_bot(recall)
        await bot.reached["in_waiting_room"].wait()
        bot.end("bot_kicked_from_waiting_room")
        states = await over(bot)
    assert states[-2:] == [("call_ended", "bot_kicked_from_waiting_room"), ("done", None)]


async def test_permission_is_told_where_it_is_asked_for() -> None:
    async with stand_in(asks_permission=True) as recall:
        bot = await send_bot(recall, recording_config={})
        await bot.reached["in_call_recording"].wait()
    assert [code for code, _ in stay(bot)][2:4] == ["recording_permission_allowed", "in_call_recording"]


async def test_a_bot_that_may_not_record_leaves_when_its_patience_is_over() -> None:
    async with stand_in(Faults(recording_denied="zoom_host_not_present"), delays=HURRIED) as recall:
        bot = await send_bot(recall, recording_config={}, automatic_leave={"recording_permission_denied_timeout": 300})
        states = await over(bot)
    assert states[2:] == [
        ("recording_permission_denied", "zoom_host_not_present"),
        ("call_ended", "timeout_exceeded_recording_permission_denied"),
        ("done", None),
    ]
    assert bot.described()["recordings"] == []


@pytest.mark.parametrize("sub_code", ["meeting_not_found", "zoom_internal_error", "from_tomorrow"])
async def test_a_bot_can_fail_on_its_way(sub_code: str) -> None:
    async with stand_in(Faults(fatal=sub_code)) as recall:
        states = await over(await send_bot(recall))
    assert states == [("joining_call", None), ("fatal", sub_code)]


async def test_a_bot_is_kicked_while_somebody_speaks_and_its_sockets_end(ear: Ear) -> None:
    async with stand_in(Faults(incidents=[Ends(at_ms=200)])) as recall:
        recall.play(recording(600), speed=20)
        bot = await send_bot(recall, ear)
        states = await over(bot)
        await ear.wait_until(lambda: ear.close_codes)
    assert states[-2:] == [("call_ended", "bot_kicked_from_call"), ("done", None)]
    assert ear.of("audio_mixed_raw.data")[-1]["timestamp"]["relative"] <= 0.2
    assert [event["participant"]["name"] for event in ear.of("participant_events.leave")] == ["Maya", "Tom"]


async def test_a_call_can_end_in_a_failure(ear: Ear) -> None:
    async with stand_in(Faults(incidents=[Ends(at_ms=100, sub_code="bot_errored", code="fatal")])) as recall:
        recall.play(recording(600), speed=20)
        states = await over(await send_bot(recall, ear))
        await ear.wait_until(lambda: ear.close_codes)
    assert states[-2:] == [("in_call_recording", None), ("fatal", "bot_errored")]


async def test_a_state_of_tomorrow_is_told_like_any_other(ear: Ear) -> None:
    async with stand_in(Faults(incidents=[Enters(at_ms=100, code="in_breakout_room", sub_code="x")])) as recall:
        recall.play(recording(600), speed=20)
        bot = await send_bot(recall, ear)
        await recall.finished()
        assert (bot.status, bot.is_in_call) == ("in_breakout_room", True)
        assert "bot.in_breakout_room" in recall.webhooks.sent


async def test_a_bot_leaves_some_time_after_everyone_has_left(ear: Ear) -> None:
    away = [Leaves(at_ms=100, participant_id=100), Leaves(at_ms=120, participant_id=200)]
    async with stand_in(Faults(incidents=away), delays=HURRIED) as recall:
        recall.play(recording(600), speed=1)
        states = await over(await send_bot(recall, ear))
        await ear.wait_until(lambda: ear.close_codes)
    assert states[-2] == ("call_ended", "timeout_exceeded_everyone_left")
    assert [event["participant"]["id"] for event in ear.of("participant_events.leave")] == [100, 200]


async def test_somebody_who_comes_keeps_the_bot(ear: Ear) -> None:
    late = Person(id=300, name="Ida")
    incidents = [Leaves(at_ms=20, participant_id=n) for n in (100, 200)] + [Joins(at_ms=30, person=late)]
    async with stand_in(Faults(incidents=incidents), delays=msgspec.structs.replace(QUICK, leaving=0.001)) as recall:
        recall.play(recording(600), speed=1)
        bot = await send_bot(recall, ear)
        await recall.finished()
        assert not bot.standing.over.done()
        assert bot.playout.people == [late]


async def test_a_bot_in_an_empty_meeting_waits_only_so_long() -> None:
    async with stand_in(delays=HURRIED) as recall:
        states = await over(await send_bot(recall, automatic_leave={"noone_joined_timeout": 60}))
    assert ("call_ended", "timeout_exceeded_noone_joined") in states


async def test_a_recording_without_a_script_is_no_empty_meeting(ear: Ear) -> None:
    async with stand_in(delays=HURRIED) as recall:
        recall.play(recording(600, ()), speed=1)
        bot = await send_bot(recall, ear, automatic_leave={"noone_joined_timeout": 60})
        await recall.finished()
        assert not bot.standing.over.done()


async def test_a_recording_has_its_longest_time(ear: Ear) -> None:
    async with stand_in(delays=HURRIED) as recall:
        recall.play(recording(60_000))
        states = await over(await send_bot(recall, ear, automatic_leave={"in_call_recording_timeout": 600}))
    assert ("call_ended", "timeout_exceeded_in_call_recording") in states


async def test_a_paused_bot_is_in_the_call_without_recording_and_waits_only_so_long(ear: Ear) -> None:
    async with stand_in(delays=HURRIED) as recall:
        recall.play(recording(60_000))
        bot = await send_bot(recall, ear, automatic_leave={"in_call_not_recording_timeout": 600})
        await bot.reached["in_call_recording"].wait()
        bot.recorder.pause()
        assert ("call_ended", "timeout_exceeded_in_call_not_recording") in await over(bot)

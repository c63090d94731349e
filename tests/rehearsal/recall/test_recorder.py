"""What a bot passes on over its sockets, when all goes well and when it does not."""

import asyncio
import base64

import msgspec
import pytest
from ears import Ear, bot_body
from meetings_played import QUICK, recording, send_bot, stand_in

from rehearsal.recall.incidents import Chats, ClockJumps, Cut, Gap, Renames, Strays, Unheard
from rehearsal.recall.options import Faults

MIXED, SEPARATE = "audio_mixed_raw.data", "audio_separate_raw.data"


def config(ear: Ear, *events: str, **changes: object) -> dict[str, object]:
    endpoint = {"type": "websocket", "url": ear.url, "events": list(events)}
    return {"audio_mixed_raw": {}, "audio_separate_raw": {}, "realtime_endpoints": [endpoint], **changes}


def pcm_of(frames: list[dict]) -> bytes:
    return b"".join(base64.b64decode(frame["buffer"]) for frame in frames)


def times_of(frames: list[dict]) -> list[float]:
    return [frame["timestamp"]["relative"] for frame in frames]


async def heard(ear: Ear, faults: Faults | None = None, ms: int = 600, speed: float = 20, **changes: object) -> None:
    """A whole meeting, to the end of its sockets."""
    async with stand_in(faults) as recall:
        recall.play(recording(ms), speed)
        bot = await send_bot(recall, ear, **changes)
        await recall.finished()
        bot.end("call_ended_by_host")
        await ear.wait_until(lambda: len(ear.close_codes) == len(ear.handshakes))


# -- sound -------------------------------------------------------------------------------------------------------------


async def test_everybody_has_a_track_and_is_named_in_each_frame(ear: Ear) -> None:
    await heard(ear, recording_config=config(ear, SEPARATE))
    frames = ear.of(SEPARATE)
    sound, middle = recording(600).pcm, 325 * 32
    tracks = {n: [frame for frame in frames if frame["participant"]["id"] == n] for n in (100, 200)}
    assert pcm_of(tracks[100])[: len(sound)] == sound[:middle] + bytes(len(sound) - middle)
    assert pcm_of(tracks[200])[: len(sound)] == bytes(middle) + sound[middle:]
    assert {frame["participant"]["name"] for frame in frames} == {"Maya", "Tom"}
    assert {message["event"] for message in ear.messages} == {SEPARATE}


async def test_a_track_can_say_nothing_while_its_participant_is_silent(ear: Ear) -> None:
    async with stand_in(mutes_silent=True) as recall:
        recall.play(recording(600), 20)
        await send_bot(recall, ear, recording_config=config(ear, SEPARATE))
        await recall.finished()
        await ear.wait_until(lambda: 0.58 in times_of(ear.of(SEPARATE)))
    by_person = {n: times_of([f for f in ear.of(SEPARATE) if f["participant"]["id"] == n]) for n in (100, 200)}
    assert (by_person[100][0], by_person[100][-1]) == (0.0, 0.32)
    assert (by_person[200][0], by_person[200][-1]) == (0.32, 0.58)


async def test_what_is_not_recorded_is_not_passed_on(ear: Ear) -> None:
    events = [MIXED, SEPARATE, "participant_events.join", "participant_events.leave"]
    nothing = {"audio_mixed_raw": None, "audio_separate_raw": None, "participant_events": None}
    await heard(ear, recording_config=config(ear, *events, **nothing))
    assert ear.messages == []


async def test_the_bots_own_clips_are_left_out_or_mixed_in_as_asked_for(ear: Ear) -> None:
    loud = (b"\x10\x20" * 24_000)[: 24_000 * 2 // 10]
    for includes_bot in (False, True):
        async with stand_in() as recall:
            recall.play(None)
            recorded = config(ear, MIXED, include_bot_in_recording={"audio": includes_bot})
            bot = await send_bot(recall, ear, recording_config=recorded)
            await ear.wait_until(lambda: ear.of(MIXED))
            await recall.heard.begin(bot.id, loud, 0.0)
            recall.heard.clips[0].ends_ms = 100.0
            begun = len(ear.of(MIXED))
            await ear.wait_until(lambda begun=begun: len(ear.of(MIXED)) > begun + 12)
            bot.end("call_ended_by_host")
            await bot.reached["done"].wait()
        sound = pcm_of(ear.of(MIXED))
        assert sound.count(b"\x10\x20") == (1600 if includes_bot else 0)
        ear.messages.clear()


# -- people ------------------------------------------------------------------------------------------------------------


async def test_somebody_renamed_is_told_and_has_the_new_name_from_then_on(ear: Ear) -> None:
    await heard(ear, Faults(incidents=[Renames(at_ms=320, participant_id=200, name="Thomas")]))
    (update,) = ear.of("participant_events.update")
    assert (update["participant"]["id"], update["participant"]["name"]) == (200, "Thomas")
    names = [event["participant"]["name"] for event in ear.of("participant_events.speech_on")]
    assert names == ["Maya", "Thomas"]


async def test_somebody_writes(ear: Ear) -> None:
    await heard(ear, Faults(incidents=[Chats(at_ms=100, participant_id=100, text="@chime hello")]))
    (chat,) = ear.of("participant_events.chat_message")
    assert chat["data"] == {"text": "@chime hello", "to": "everyone"}
    assert chat["participant"]["name"] == "Maya"


async def test_people_may_have_no_name_or_be_on_the_phone(ear: Ear) -> None:
    await heard(ear, Faults(nameless=frozenset({100}), phoned_in=frozenset({200})))
    joined = [event["participant"] for event in ear.of("participant_events.join")]
    assert [(person["name"], person["platform"]) for person in joined] == [(None, "desktop"), ("Tom", "dial-in")]


async def test_people_may_have_joined_before_the_recording_began(ear: Ear) -> None:
    await heard(ear, Faults(joined_before_ms=1500))
    assert times_of(ear.of("participant_events.join")) == [-1.5, -1.5]


# -- pauses ------------------------------------------------------------------------------------------------------------


async def test_a_pause_stops_all_data_and_the_clock_goes_on(ear: Ear) -> None:
    async with stand_in() as recall:
        recall.play(recording(60_000))
        bot = await send_bot(recall, ear)
        await ear.wait_until(lambda: ear.of(MIXED))
        bot.recorder.pause()
        paused_ms = bot.playout.position_ms
        while bot.playout.position_ms < paused_ms + 200:
            await next_frame(bot)
        bot.recorder.resume()
        resumed_ms = bot.playout.position_ms
        await ear.wait_until(lambda: times_of(ear.of(MIXED))[-1] * 1000 >= resumed_ms)
    times = [round(time * 1000) for time in times_of(ear.of(MIXED))]
    assert not [time for time in times if paused_ms <= time < resumed_ms]
    assert len(ear.handshakes) == 1


async def next_frame(bot) -> None:
    sent_ms = bot.playout.position_ms
    async with asyncio.timeout(5):
        while bot.playout.position_ms == sent_ms:
            await asyncio.sleep(0.005)


async def test_another_recording_has_another_id_another_clock_and_other_sockets(ear: Ear) -> None:
    async with stand_in() as recall:
        recall.play(recording(60_000), speed=20)
        bot = await send_bot(recall, ear)
        await ear.wait_until(lambda: len(ear.of(MIXED)) > 100)
        await bot.recorder.stop()
        await ear.wait_until(lambda: ear.close_codes)
        stopped = len(ear.messages)
        bot.recorder.start()
        await ear.wait_until(lambda: len(ear.messages) > stopped + 3)
    first, second = ear.messages[0]["data"]["recording"], ear.messages[stopped]["data"]["recording"]
    assert first != second
    assert ear.messages[stopped]["data"]["data"]["timestamp"]["relative"] < 1.9 < times_of(ear.of(MIXED))[100]
    assert (len(ear.handshakes), ear.close_codes[0]) == (2, 1000)


# -- incidents ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [MIXED, SEPARATE])
async def test_a_gap_in_the_time_stamps(ear: Ear, event: str) -> None:
    await heard(ear, Faults(incidents=[Gap(at_ms=200, lasts_ms=100)]), recording_config=config(ear, event))
    times = list(dict.fromkeys(times_of(ear.of(event))))[:25]
    assert times == [n * 0.02 for n in range(10)] + [n * 0.02 for n in range(15, 30)]


async def test_a_clock_that_is_set_on_and_back(ear: Ear) -> None:
    jumps = [ClockJumps(at_ms=200, relative_ms=60_000), ClockJumps(at_ms=400, relative_ms=-90_000, absolute_ms=-90_000)]
    await heard(ear, Faults(incidents=jumps))
    times = times_of(ear.of(MIXED))
    assert [times[9], times[10], times[20]] == [0.18, 60.2, -29.6]
    moments = [frame["timestamp"]["absolute"] for frame in ear.of(MIXED)]
    assert moments[9] < moments[10]
    assert moments[20] < moments[0]


async def test_an_event_of_tomorrow_comes_in_todays_envelope(ear: Ear) -> None:
    await heard(ear, Faults(incidents=[Unheard(at_ms=100)]))
    (message,) = [message for message in ear.messages if message["event"] == "participant_events.hand_raised"]
    assert message["data"]["data"]["timestamp"]["relative"] == 0.1


async def test_a_binary_frame(ear: Ear) -> None:
    await heard(ear, Faults(incidents=[Strays(at_ms=100, message=b'{"event": "binary"}')]))
    assert {"event": "binary"} in ear.messages


async def test_only_one_of_two_sockets_is_cut(ear: Ear) -> None:
    body = bot_body(ear.url)["recording_config"]
    first, second = ({**body["realtime_endpoints"][0], "url": f"{ear.url}&socket={n}"} for n in (1, 2))
    faults = Faults(incidents=[Cut(at_ms=200, endpoint=2)])
    await heard(ear, faults, ms=1000, speed=4, recording_config={**body, "realtime_endpoints": [first, second]})
    assert [path[-1] for path, _ in ear.handshakes] == ["1", "2", "2"]


async def test_an_endpoint_that_is_away_too_long_is_given_up_and_the_other_goes_on(ear: Ear) -> None:
    body = bot_body(ear.url)["recording_config"]
    endpoints = body["realtime_endpoints"] * 2
    delays = msgspec.structs.replace(QUICK, redial_s=0.001)
    async with stand_in(Faults(incidents=[Cut(at_ms=100, endpoint=1, outage_s=95)]), delays=delays) as recall:
        recall.play(recording(1000), speed=4)
        bot = await send_bot(recall, ear, recording_config={**body, "realtime_endpoints": endpoints})
        await recall.finished()
        assert [endpoint.code for endpoint in bot.recorder.endpoints] == ["failed", "running"]
        assert recall.webhooks.sent.count("realtime_endpoint.failed") == 1
    assert len(ear.handshakes) == 2


async def test_an_endpoint_that_is_away_for_a_minute_comes_back(ear: Ear) -> None:
    delays = msgspec.structs.replace(QUICK, redial_s=0.001)
    async with stand_in(Faults(incidents=[Cut(at_ms=100, outage_s=60)]), delays=delays) as recall:
        recall.play(recording(60_000))
        await send_bot(recall, ear)
        await ear.wait_until(lambda: len(ear.handshakes) == 2)

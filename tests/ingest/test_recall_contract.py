"""Every message that Recall sends over its sockets and every form of its Bot object, as its reference has them: ours
read them, whatever is added, left out or null, and the stand-in sends the same."""

import base64
import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import msgspec
import pytest
from ears import listening
from meetings_played import recording, send_bot, stand_in

from ingest import frames
from rehearsal.recall.frames import Origin, Person, audio, participant_event, separate_audio
from rehearsal.recall.incidents import Chats, Renames
from rehearsal.recall.options import Delays, Faults
from shared.clock import ManualClock
from shared.errors import DecodeError
from shared.events import (
    ChatReceived,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantRenamed,
    SpeakingStarted,
    SpeakingStopped,
)
from shared.recall_bots import Bot

GOLDEN = Path(__file__).parent / "golden"
MEETING = "m-07-" + "a" * 20
FACTS = {
    "participant_events.join": ParticipantJoined,
    "participant_events.leave": ParticipantLeft,
    "participant_events.update": ParticipantRenamed,
    "participant_events.speech_on": SpeakingStarted,
    "participant_events.speech_off": SpeakingStopped,
    "participant_events.chat_message": ChatReceived,
}
AUDIO = {"audio_mixed_raw.data": "AAAA//8AAP3/", "audio_separate_raw.data": "AAAA//8A"}
SAYING = {
    *("event", "data", "data.data", "data.data.participant.id", "data.data.buffer"),
    *("data.data.timestamp", "data.data.timestamp.relative", "data.data.data.text", "data.data.data.to"),
}
"""Without these a message may say nothing; everything else may be missing, or null."""
SAYING_OF_A_BOT = ("id", "status_changes", "recordings")
OPAQUE = {"recording_config", "automatic_leave", "metadata"}
"""What was asked for comes back, whatever it was."""
ORIGIN = Origin(
    bot_id="b", recording_id="r", endpoint_id="e", started_at=datetime.now(UTC), metadata={"meeting_id": MEETING}
)
LIN = Person(id=200, name="Lin")

Steps = tuple[str | int, ...]


def lines(name: str) -> list[dict]:
    return [json.loads(line) for line in (GOLDEN / name).read_text().splitlines()]


MESSAGES = {message["event"]: message for message in lines("recall_messages.jsonl")}
BOTS = lines("recall_bots.jsonl")


# -- forms -------------------------------------------------------------------------------------------------------------


def paths_of(value: object, path: Steps = ()) -> Iterator[Steps]:
    """Of every field, however deep."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*path, key)
        yield from paths_of(part, (*path, key))


def parent_of(message: dict, path: Steps) -> dict:
    for key in path[:-1]:
        message = message[key]
    return message


def without(message: dict, path: Steps) -> dict:
    changed = copy.deepcopy(message)
    parent_of(changed, path).pop(path[-1])
    return changed


def nulled(message: dict, path: Steps) -> dict:
    changed = copy.deepcopy(message)
    parent_of(changed, path)[path[-1]] = None
    return changed


def extended(value: object) -> object:
    """With a field that nobody has heard of in each object."""
    if isinstance(value, list):
        return [extended(part) for part in value]
    if isinstance(value, dict):
        return {**{key: extended(part) for key, part in value.items()}, "tomorrow": {"deep": [1, None]}}
    return value


def form_of(value: object) -> object:
    """The keys, and nothing else."""
    if isinstance(value, list):
        return [form_of(part) for part in value[:1]]
    if isinstance(value, dict):
        return {key: None if key in OPAQUE else form_of(part) for key, part in value.items()}
    return None


def decoded(message: object) -> frames.Frame:
    return frames.decode(json.dumps(message))


def fact_of(message: object) -> object:
    return frames.fact_of(decoded(message), MEETING, 44_100, ManualClock(5))


# -- what ours read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", AUDIO)
def test_audio_is_read(event: str) -> None:
    frame = decoded(MESSAGES[event])
    assert frame.is_audio
    assert frame.data.data.buffer == base64.b64decode(AUDIO[event])
    assert frame.data.data.timestamp.relative == 12.34


def test_separate_audio_is_its_participants() -> None:
    participant = decoded(MESSAGES["audio_separate_raw.data"]).data.data.participant
    assert participant is not None
    assert (participant.id, participant.name, participant.is_host) == (100, "Ada", True)


@pytest.mark.parametrize("event", FACTS)
def test_what_people_do_becomes_a_fact(event: str) -> None:
    fact = fact_of(MESSAGES[event])
    assert type(fact) is FACTS[event]
    assert (fact.participant_id, fact.name) == ("200", "Lin")


def test_a_chat_message_has_its_text_and_its_addressee() -> None:
    chat = fact_of(MESSAGES["participant_events.chat_message"])
    assert (chat.text, chat.to) == ("@chimein what did we decide?", "everyone")


@pytest.mark.parametrize("event", sorted(MESSAGES.keys() - FACTS.keys() - AUDIO.keys()))
def test_other_messages_are_read_and_say_nothing_to_us(event: str) -> None:
    assert not decoded(MESSAGES[event]).is_audio
    assert fact_of(MESSAGES[event]) is None


@pytest.mark.parametrize(
    ("number", "status"), list(enumerate(["", "joining_call", "in_call_recording", "done", "fatal"]))
)
def test_a_bot_is_read_in_every_state(number: int, status: str) -> None:
    bot = msgspec.convert(BOTS[number], Bot)
    assert (bot.status.code if bot.status else "") == status
    assert bot.is_over is (status in {"done", "fatal"})
    assert bot.metadata == {"meeting_id": MEETING}


# -- what never breaks ours --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES.keys())
def test_new_fields_change_nothing(message: dict) -> None:
    assert decoded(extended(message)) == decoded(message)


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES.keys())
@pytest.mark.parametrize("change", [without, nulled])
def test_fields_that_are_missing_or_null_break_nothing(message: dict, change) -> None:
    kind = type(fact_of(message))
    for path in paths_of(message):
        name = ".".join(str(key) for key in path)
        if name not in SAYING and not (change is without and name == "data.data.participant"):
            frame = decoded(change(message, path))
            assert frame.event == message["event"], name
            assert frame.data.data.timestamp == decoded(message).data.data.timestamp or "timestamp" in name
            changed = frames.fact_of(frame, MEETING, 44_100, ManualClock(5))
            assert type(changed) is kind or name in {"data.data.participant", "data.data.data"}, name


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES.keys())
@pytest.mark.parametrize("value", [None, 7, -1.5, "x", [], {}, [{}], True])
def test_a_field_of_any_other_form_is_at_worst_a_message_that_cannot_be_read(message: dict, value: object) -> None:
    for path in paths_of(message):
        changed = copy.deepcopy(message)
        parent_of(changed, path)[path[-1]] = value
        try:
            frame = decoded(changed)
        except DecodeError:
            continue
        frames.fact_of(frame, MEETING, 0, ManualClock(5))


@pytest.mark.parametrize(
    "event", ["participant_events.hand_raised", "audio_mixed_opus.data", "", "from.the.future", "🦆"]
)
@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES.keys())
def test_an_unknown_event_says_nothing_to_us(message: dict, event: str) -> None:
    assert fact_of({**message, "event": event}) is None
    assert not decoded({**message, "event": event}).is_audio


@pytest.mark.parametrize(
    ("field", "value"), [("platform", "hologram"), ("name", None), ("email", "x"), ("is_host", None)]
)
@pytest.mark.parametrize("event", FACTS)
def test_a_participant_may_be_of_any_kind(event: str, field: str, value: object) -> None:
    message = copy.deepcopy(MESSAGES[event])
    message["data"]["data"]["participant"][field] = value
    assert type(fact_of(message)) is FACTS[event]


@pytest.mark.parametrize("relative", [-1.5, 0, 44, 86_400.25])
def test_time_may_be_whole_or_before_the_recording(relative: float) -> None:
    message = copy.deepcopy(MESSAGES["participant_events.join"])
    message["data"]["data"]["timestamp"]["relative"] = relative
    assert decoded(message).data.data.timestamp.relative == relative


@pytest.mark.parametrize("bot", BOTS)
@pytest.mark.parametrize("change", [without, nulled])
def test_a_bot_is_read_whatever_is_missing_or_null(bot: dict, change) -> None:
    whole = msgspec.convert(bot, Bot)
    for path in paths_of(bot):
        if path[0] not in SAYING_OF_A_BOT:
            assert msgspec.convert(change(bot, path), Bot).status_changes == whole.status_changes, path


@pytest.mark.parametrize("bot", BOTS)
def test_new_fields_and_codes_of_a_bot_change_nothing(bot: dict) -> None:
    changed = extended(copy.deepcopy(bot))
    changed["status_changes"].append({"code": "from_tomorrow", "sub_code": "?", "created_at": "2027-01-01T00:00:00Z"})
    read, before = msgspec.convert(changed, Bot), msgspec.convert(bot, Bot)
    assert read.status_changes[:-1] == before.status_changes
    assert (read.status.code, read.is_over) == ("from_tomorrow", before.is_over)


# -- what the stand-in sends -------------------------------------------------------------------------------------------


def test_the_stand_in_makes_audio_of_the_same_form() -> None:
    made = [json.loads(audio(ORIGIN, bytes(640), 0)), json.loads(separate_audio(ORIGIN, LIN, bytes(640), 0))]
    assert [form_of(message) for message in made] == [form_of(MESSAGES[event]) for event in AUDIO]


@pytest.mark.parametrize("event", [event for event in MESSAGES if event.startswith("participant_events.")])
def test_the_stand_in_makes_participant_events_of_the_same_form(event: str) -> None:
    detail = {"text": "x", "to": "everyone"} if event.endswith("chat_message") else None
    made = json.loads(participant_event(ORIGIN, event.partition(".")[2], LIN, 0, detail))
    assert form_of(made) == form_of(MESSAGES[event])
    assert made["event"] == event


async def test_the_stand_in_sends_what_it_makes() -> None:
    happens = [Renames(at_ms=100, participant_id=100, name="May"), Chats(at_ms=120, participant_id=200, text="Hi.")]
    events = [*AUDIO, *FACTS]
    async with listening() as ear, stand_in(Faults(incidents=happens)) as recall:
        recall.play(recording(600), speed=20)
        endpoint = {"type": "websocket", "url": ear.url, "events": events}
        config = {"audio_mixed_raw": {}, "audio_separate_raw": {}, "realtime_endpoints": [endpoint]}
        bot = await send_bot(recall, ear, recording_config=config, metadata={"meeting_id": MEETING})
        await recall.finished()
        bot.end("call_ended_by_host")
        await ear.wait_until(lambda: ear.close_codes)
    sent = {message["event"]: form_of(message) for message in ear.messages}
    assert sent == {event: form_of(MESSAGES[event]) for event in events}


async def test_the_stand_in_describes_a_new_bot_in_the_same_form() -> None:
    async with stand_in(delays=Delays(dispatch_s=60)) as recall:
        bot = await send_bot(recall)
        assert form_of(await retrieved(recall.url, bot.id)) == form_of(BOTS[0])


async def test_the_stand_in_describes_a_bot_in_the_call_and_after_it_in_the_same_form() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, recording_config={})
        await bot.reached["in_call_recording"].wait()
        in_call = await retrieved(recall.url, bot.id)
        bot.end("call_ended_by_host")
        await bot.reached["done"].wait()
        done = await retrieved(recall.url, bot.id)
    assert [form_of(in_call), form_of(done)] == [form_of(BOTS[2]), form_of(BOTS[3])]


async def retrieved(url: str, bot_id: str) -> dict:
    async with aiohttp.request("GET", f"{url}/api/v1/bot/{bot_id}/") as response:
        return await response.json()

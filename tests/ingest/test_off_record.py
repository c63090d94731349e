"""What ingest takes in while a meeting is off the record."""

import pytest
from support import new_meeting

from ingest.off_record import OffRecordWatch, may_be_kept
from ingest.producer import Producer
from shared.bus import Bus
from shared.clock import SystemClock
from shared.events import ChatReceived, ParticipantJoined, RecordPaused, RecordResumed, SpeakingStarted
from shared.meetings import write_of


def chat(text: str) -> ChatReceived:
    return ChatReceived(id="c", meeting_id="m", at=1, participant_id="7", name="Maya", text=text)


@pytest.mark.parametrize("text", ["Chime, back on the record", "@Chime resume", "Max Power, please leave", "resume"])
def test_a_message_that_may_be_a_wish_is_kept(text: str) -> None:
    assert may_be_kept(chat(text))


@pytest.mark.parametrize("text", ["Tom earns too much", "the record is 9.58 s", "Let's resume the talks with Acme", ""])
def test_any_other_message_is_not(text: str) -> None:
    assert not may_be_kept(chat(text))


def test_who_speaks_is_not_kept_but_who_comes_is() -> None:
    about = {"id": "x", "meeting_id": "m", "at": 1, "participant_id": "7", "name": "Maya"}
    assert not may_be_kept(SpeakingStarted(**about, source_ms=1))
    assert may_be_kept(ParticipantJoined(**about))


async def test_ingest_learns_of_it_and_of_its_end(bus: Bus) -> None:
    meeting_id, producer = await new_meeting(bus), Producer(bus, SystemClock())
    intake = producer.intake(meeting_id)
    intake.sockets = 1
    watch = OffRecordWatch(bus, producer, SystemClock())
    for fact, is_off in (
        (RecordPaused(id="p", meeting_id=meeting_id, at=1, by="Maya", via="api"), True),
        (RecordResumed(id="r", meeting_id=meeting_id, at=2, by="Maya", via="api"), False),
    ):
        await bus.write(meeting_id, write_of(fact))
        await watch.look()
        assert intake.is_off_record is is_off

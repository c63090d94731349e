"""One person's words are erased over HTTP: what the caller gets, and what ingest is asked."""

from gateway.people import was_there
from shared.clock import SystemClock
from shared.events import ChatReceived, Line, LineHeard, ParticipantJoined, WordsErased, effect
from shared.meetings import write_of
from shared.streams import INGEST
from shared.view import MeetingView

CLOCK = SystemClock()


def erased(command) -> list[WordsErased]:
    said = {"line_ids": frozenset({"l2", "l1"}), "until_ms": 9, "stores": {"lines": 2}}
    told = {"participant_id": command.participant_id, "vendors": {"recall": "whole"}}
    return [effect(WordsErased, command, "erased", CLOCK, **said, **told)]


async def meeting_with(rig, participant_id: str) -> str:
    meeting_id = await rig.meeting()
    joined = ParticipantJoined(id="j", meeting_id=meeting_id, at=1, participant_id=participant_id, name="Ann")
    await rig.bus.write(meeting_id, write_of(joined))
    return meeting_id


async def test_the_receipt_names_what_was_erased_and_what_a_vendor_keeps(rig):
    rig.play(INGEST, erased)
    meeting_id = await meeting_with(rig, "7")
    response = await rig.client.delete(f"/meetings/{meeting_id}/participants/7")
    receipt = await response.json()
    assert (response.status, receipt["lines"], receipt["stores"]) == (200, ["l1", "l2"], {"lines": 2})
    ((vendor),) = receipt["vendors"]
    assert (vendor["vendor"], vendor["state"]) == ("recall", "whole")
    assert "everybody" in vendor["explanation"]
    (command,) = rig.workers.commands
    assert (command.participant_id, command.by) == ("7", "this machine")


async def test_an_id_with_a_slash_is_one_id(rig):
    rig.play(INGEST, erased)
    meeting_id = await meeting_with(rig, "room/7")
    response = await rig.client.delete(f"/meetings/{meeting_id}/participants/room%2F7")
    assert (response.status, (await response.json())["participant_id"]) == (200, "room/7")


async def test_nobody_of_that_id_is_404_and_nothing_is_sent(rig):
    rig.play(INGEST, erased)
    response = await rig.client.delete(f"/meetings/{await meeting_with(rig, '7')}/participants/8")
    assert (response.status, (await response.json())["type"].rsplit(":", 1)[-1]) == (404, "unknown-participant")
    assert rig.workers.commands == []


def test_whoever_came_or_spoke_was_there():
    view, about = MeetingView(), {"id": "c", "meeting_id": "m", "at": 1}
    view.apply(ChatReceived(**about, participant_id="9", name="Eve", text="hello"))
    line = Line(id="l", track="7", speaker="Ann", participant_id="7", start_ms=0, end_ms=1, text="Hello.")
    view.apply(LineHeard(id="l", meeting_id="m", at=1, line=line))
    assert was_there("7", view)
    assert not was_there("8", view)

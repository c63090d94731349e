"""Off the record and back on it, over HTTP."""

from shared.events import CODEC, RecordPaused, RecordResumed


async def facts(rig, meeting_id: str) -> list[object]:
    return [CODEC.decode(entry.fields) for entry in await rig.bus.timeline(meeting_id)][1:]


async def test_a_meeting_goes_off_the_record_and_comes_back(rig) -> None:
    meeting_id = await rig.meeting()
    for call, is_off in (("pause", True), ("pause", True), ("resume", False)):
        answer = await rig.client.post(f"/meetings/{meeting_id}/{call}")
        assert await answer.json() == {"meeting_id": meeting_id, "off_record": is_off}
        status = await (await rig.client.get(f"/meetings/{meeting_id}/status")).json()
        assert status["off_record"] is is_off
    assert [type(fact) for fact in await facts(rig, meeting_id)] == [RecordPaused, RecordResumed]


async def test_off_the_record_is_not_deaf(rig) -> None:
    meeting_id = await rig.meeting(status="listening", heard_at="1", off_record="1")
    status = await (await rig.client.get(f"/meetings/{meeting_id}/status")).json()
    assert status["deaf"] is False


async def test_a_meeting_that_is_over_cannot_be_paused(rig) -> None:
    meeting_id = await rig.meeting(status="ended")
    answer = await rig.client.post(f"/meetings/{meeting_id}/pause")
    assert (answer.status, (await answer.json())["detail"]) == (409, "the meeting is over: there is nothing to pause")


async def test_who_paused_is_in_the_audit_log(rig) -> None:
    meeting_id = await rig.meeting()
    await rig.client.post(f"/meetings/{meeting_id}/pause")
    (record,) = (await (await rig.client.get("/audit")).json())["records"]
    assert (record["deed"], record["meeting_id"]) == ("pause", meeting_id)

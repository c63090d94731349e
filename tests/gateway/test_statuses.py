"""How a meeting is, and the list of meetings."""

import pytest

from gateway.statuses import deafness, heard
from shared.clock import SystemClock
from shared.events import (
    GapFound,
    Line,
    LineHeard,
    MeetingStateChanged,
    ParticipantJoined,
    ParticipantLeft,
    TranscriptCompleted,
    new_id,
)

CLOCK = SystemClock()
NOW = 1_000_000


def fact(kind, **fields):
    return lambda meeting_id: kind(id=new_id(), meeting_id=meeting_id, at=CLOCK.now_ms(), **fields)


def line(n: int, start_ms: int):
    return fact(
        LineHeard,
        line=Line(id=f"l{n}", track="mixed", speaker="Ada", start_ms=start_ms, end_ms=start_ms + 500, text="hi"),
    )


class TestStatus:
    async def test_tells_people_audio_lag_and_lines(self, fake_rig):
        facts = [
            fact(MeetingStateChanged, status="listening"),
            fact(ParticipantJoined, participant_id="1", name="Ada"),
            fact(ParticipantJoined, participant_id="2", name="Lin"),
            fact(ParticipantLeft, participant_id="2", name="Lin"),
            line(1, 0),
            fact(GapFound, track="mixed", from_ms=1000, to_ms=3500, cause="socket lost"),
        ]
        audio = {"received:mixed": "61000", "committed:mixed": "58500"}
        meeting_id = await fake_rig.meeting(*facts, **audio)
        status = await (await fake_rig.client.get(f"/meetings/{meeting_id}/status")).json()
        assert status["participants"] == [{"id": "1", "name": "Ada"}]
        assert (status["heard_s"], status["committed_s"], status["lag_s"]) == (61.0, 58.5, 2.5)
        assert (status["lines"], status["missing_s"], status["verdict"], status["deaf"]) == (1, 2.5, None, False)

    async def test_finished_transcript_shows_its_verdict(self, fake_rig):
        done = fact(TranscriptCompleted, verdict="partial", heard_ms=1000, missing_ms=100, lines=1)
        meeting_id = await fake_rig.meeting(done)
        status = await (await fake_rig.client.get(f"/meetings/{meeting_id}/status")).json()
        assert status["verdict"] == "partial"

    async def test_secrets_of_the_state_stay_inside(self, fake_rig):
        meeting_id = await fake_rig.meeting(
            socket_token="canary-token", meeting_url="https://zoom.us/j/1?pwd=canary-pwd"
        )
        shown = await (await fake_rig.client.get(f"/meetings/{meeting_id}/status")).text()
        listed = await (await fake_rig.client.get("/meetings")).text()
        assert meeting_id in listed
        assert "canary" not in shown + listed

    @pytest.mark.parametrize(
        "meeting_id", [f"m-07-{'0' * 20}", f"m-ff-{'0' * 20}", "nonsense", "m-07-:x", "..%2Fhealth"]
    )
    async def test_unknown_and_impossible_ids_get_the_same_answer(self, fake_rig, meeting_id):
        response = await fake_rig.client.get(f"/meetings/{meeting_id}/status")
        problem = await response.json()
        assert response.status == 404
        assert (problem["type"], problem["detail"][:26]) == (
            "urn:chimein:problem:unknown-meeting",
            "there is no such meeting; ",
        )


class TestHearing:
    def test_slowest_track_makes_the_lag(self):
        state = {"received:a": "5000", "received:b": "9000", "committed:a": "1000", "committed:b": "8500"}
        assert heard(state) == (9000, 4000)

    def test_track_nothing_is_committed_of_lags_by_all_of_it(self):
        assert heard({"received:a": "5000", "committed:a": "-1"}) == (5000, 5000)

    def test_meeting_without_audio_has_neither(self):
        assert heard({}) == (0, 0)

    def test_in_the_call_without_permission_is_deaf(self):
        assert "host must allow" in deafness("in_call", None, 0, NOW)

    def test_no_audio_for_more_than_ten_seconds_is_deaf(self):
        assert deafness("listening", NOW - 60_000, 49_000, NOW) == "no audio came for 11 s"

    def test_audio_of_just_now_is_not_deaf(self):
        assert deafness("listening", NOW - 60_000, 59_500, NOW) == ""

    def test_audio_faster_than_the_clock_is_not_deaf(self):
        assert deafness("listening", NOW - 60_000, 600_000, NOW) == ""

    @pytest.mark.parametrize("status", ["requested", "joining", "waiting_room", "ended", "failed"])
    def test_outside_the_call_nobody_is_deaf(self, status):
        assert deafness(status, NOW - 60_000, 0, NOW) == ""


class TestList:
    async def made(self, rig, count):
        made = []
        for n in range(count):
            meeting_id = await rig.meeting()
            await rig.bus.redis.zadd("{s0007}:meetings", {meeting_id: 1000 + n // 2})
            made.append(meeting_id)
        return made

    async def test_pages_hold_every_meeting_once_newest_first_even_within_one_ms(self, fake_rig):
        made = await self.made(fake_rig, 7)
        seen, cursor = [], ""
        while True:
            page = await (await fake_rig.client.get("/meetings", params={"limit": 2, "cursor": cursor})).json()
            seen += [meeting["meeting_id"] for meeting in page["meetings"]]
            if not (cursor := page["next_cursor"]):
                break
        assert sorted(seen) == sorted(made)
        assert [made.index(one) // 2 for one in seen] == [3, 2, 2, 1, 1, 0, 0]

    async def test_meeting_erased_meanwhile_is_left_out(self, fake_rig):
        kept, erased = await self.made(fake_rig, 2)
        await fake_rig.bus.redis.delete(f"{{s0007}}:m:{erased}:state")
        page = await (await fake_rig.client.get("/meetings")).json()
        assert [meeting["meeting_id"] for meeting in page["meetings"]] == [kept]

    @pytest.mark.parametrize(("name", "value"), [("limit", "0"), ("limit", "many"), ("cursor", "x"), ("page", "2")])
    async def test_bad_query_names_its_parameter(self, fake_rig, name, value):
        response = await fake_rig.client.get("/meetings", params={name: value})
        assert (response.status, (await response.json())["errors"][0]["field"]) == (422, name)

"""How a meeting is, and the list of meetings."""

import pytest

from gateway.statuses import deafness
from shared.clock import SystemClock
from shared.events import (
    GapFound,
    HearingRecovered,
    HearingTroubled,
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
        assert (status["heard_s"], status["committed_s"], status["lag_s"]) == (58.5, 56.0, 2.5)
        assert (status["lines"], status["missing_s"], status["verdict"], status["deaf"]) == (1, 2.5, None, False)

    async def test_ledger_of_every_track_is_shown(self, fake_rig):
        facts = [
            fact(ParticipantJoined, participant_id="100", name="Ada"),
            fact(GapFound, track="100", from_ms=1000, to_ms=3500, cause="socket lost"),
        ]
        audio = {"received:100": "61000", "committed:100": "58500", "sent:100": "58400", "returned:100": "57000"}
        meeting_id = await fake_rig.meeting(*facts, **audio)
        status = await (await fake_rig.client.get(f"/meetings/{meeting_id}/status")).json()
        assert status["coverage"] == [
            {
                "track": "100",
                "participant": "Ada",
                "received_s": 58.5,
                "sent_s": 58.4,
                "returned_s": 57.0,
                "committed_s": 56.0,
                "missing_s": 2.5,
                "gaps": [{"from_s": 1.0, "to_s": 3.5, "cause": "socket lost"}],
            }
        ]

    async def test_troubles_are_shown_until_they_are_over(self, fake_rig):
        trouble = {"track": "mixed", "trouble": "waiting_for_transcription_slot"}
        troubled = fact(HearingTroubled, explanation="All slots are taken.", **trouble)
        other = fact(HearingTroubled, track="mixed", trouble="transcription_late", explanation="Late.")
        over = fact(HearingRecovered, track="mixed", trouble="transcription_late")
        meeting_id = await fake_rig.meeting(troubled, other, over)
        status = await (await fake_rig.client.get(f"/meetings/{meeting_id}/status")).json()
        (shown,) = status["troubles"]
        assert abs(shown.pop("since") - CLOCK.now_ms()) < 60_000
        assert shown == {**trouble, "explanation": "All slots are taken."}

    @pytest.mark.parametrize("state", ["waiting_room", "recording_denied", "deaf", "failed", "never_heard_of"])
    async def test_every_state_is_shown_with_its_sentence(self, fake_rig, state):
        meeting_id = await fake_rig.meeting(fact(MeetingStateChanged, status=state, explanation="What to do."))
        status = await (await fake_rig.client.get(f"/meetings/{meeting_id}/status")).json()
        assert (status["status"], status["explanation"]) == (state, "What to do.")
        assert status["deaf"] is (state in {"recording_denied", "deaf"})

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


class TestDeafness:
    def listening(self, silent_ms: int, **fields: str):
        return {"status": "listening", "status_at": str(NOW - 60_000), "heard_at": str(NOW - silent_ms), **fields}

    def test_in_the_call_without_permission_is_deaf(self):
        assert "host must allow" in deafness({"status": "in_call"}, NOW)

    @pytest.mark.parametrize("status", ["in_call", "recording_denied", "deaf"])
    def test_what_the_state_says_about_it_is_told(self, status):
        assert deafness({"status": status, "explanation": "Ask the host."}, NOW) == "Ask the host."

    def test_no_audio_for_more_than_ten_seconds_is_deaf(self):
        assert deafness(self.listening(11_000), NOW) == "no audio came for 11 s"

    def test_audio_of_just_now_is_not_deaf(self):
        assert deafness(self.listening(500), NOW) == ""

    def test_who_began_to_listen_just_now_is_not_deaf(self):
        assert deafness({"status": "listening", "status_at": str(NOW - 3000)}, NOW) == ""

    def test_recording_that_goes_on_after_a_long_pause_is_not_deaf(self):
        assert deafness(self.listening(120_000, status_at=str(NOW - 2000)), NOW) == ""

    def test_silence_on_tracks_of_ones_own_is_people_who_are_muted(self):
        assert deafness(self.listening(60_000, **{"received:100": "5000"}), NOW) == ""
        assert deafness(self.listening(60_000, **{"received:mixed": "5000"}), NOW)

    @pytest.mark.parametrize("status", ["requested", "joining", "waiting_room", "ended", "failed", "never_heard_of"])
    def test_outside_the_call_nobody_is_deaf(self, status):
        assert deafness(self.listening(60_000, status=status), NOW) == ""


class TestList:
    async def made(self, rig, count):
        made = []
        for n in range(count):
            meeting_id = await rig.meeting()
            await rig.bus.redis.zadd("{s0007}:meetings:default", {meeting_id: 1000 + n // 2})
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

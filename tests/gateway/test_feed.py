"""What a watcher gets first, what it is spared, and what comes beside the timeline."""

from shared.bus import Bus, Write
from shared.clock import SystemClock
from shared.events import (
    Asked,
    CaptionChanged,
    Line,
    LineHeard,
    QuestionAnswered,
    QuestionFailed,
    SentenceComposed,
    SpeakerCorrected,
)
from shared.streams import COMMITTED, RECEIVED

CLOCK = SystemClock()


def line(meeting_id: str, n: int, speaker: str = "Speaker 1") -> LineHeard:
    start_ms = n * 1000
    said = Line(id=f"l{n}", track="mixed", speaker=speaker, start_ms=start_ms, end_ms=start_ms + 900, text=f"line {n}")
    return LineHeard(id=f"heard-{n}", meeting_id=meeting_id, at=CLOCK.now_ms(), line=said)


def caption(meeting_id: str, text: str, end_ms: int) -> CaptionChanged:
    about = {"track": "mixed", "speaker": "Ada", "start_ms": end_ms - 500, "end_ms": end_ms, "text": text}
    return CaptionChanged(id=f"caption-{end_ms}", meeting_id=meeting_id, at=CLOCK.now_ms(), **about)


async def show(bus: Bus, *captions: CaptionChanged) -> None:
    await bus.write(captions[0].meeting_id, Write(captions=captions))


async def frames(socket, count: int):
    return [await socket.receive_json() for _ in range(count)]


class TestSnapshot:
    async def test_it_holds_the_meeting_so_far_and_what_follows_comes_after_it(self, rig):
        meeting_id = await rig.meeting()
        await rig.add(line(meeting_id, 1), line(meeting_id, 2))
        corrected = SpeakerCorrected(id="c", meeting_id=meeting_id, at=1, line_id="l1", speaker="Ada")
        (last,) = await rig.add(corrected)
        async with rig.client.ws_connect(f"/meetings/{meeting_id}/live?snapshot=true") as socket:
            (snapshot,) = await frames(socket, 1)
            await rig.add(line(meeting_id, 3))
            (then,) = await frames(socket, 1)
        assert (snapshot["type"], snapshot["id"]) == ("meeting.snapshot", last.decode())
        assert [(one["id"], one["speaker"]) for one in snapshot["data"]["lines"]] == [
            ("l1", "Ada"),
            ("l2", "Speaker 1"),
        ]
        assert then["data"]["id"] == "heard-3"

    async def test_who_comes_back_with_its_id_goes_on_there_at_the_same_address(self, rig):
        meeting_id = await rig.meeting()
        first, _ = await rig.add(line(meeting_id, 1), line(meeting_id, 2))
        for query in (f"?snapshot=true&after={first.decode()}", "?snapshot=true"):
            headers = {} if "after" in query else {"Last-Event-ID": first.decode()}
            async with rig.client.get(f"/meetings/{meeting_id}/events{query}", headers=headers) as response:
                assert b"event: line.heard" in await response.content.readuntil(b"data:")

    async def test_it_carries_the_id_that_a_browser_sends_back(self, rig):
        meeting_id = await rig.meeting()
        (last,) = await rig.add(line(meeting_id, 1))
        async with rig.client.get(f"/meetings/{meeting_id}/events?snapshot=true") as response:
            assert await response.content.readline() == f"id: {last.decode()}\n".encode()
            assert await response.content.readline() == b"event: meeting.snapshot\n"

    async def test_questions_say_what_came_of_them(self, rig):
        meeting_id = await rig.meeting()
        about = {"meeting_id": meeting_id, "at": 1}
        for n in range(3):
            await rig.add(Asked(id=f"a{n}", question=f"Q{n}?", asked_by="Lin", via="api", question_id=f"q{n}", **about))
        for n, text in ((1, "two."), (0, "One,")):
            await rig.add(SentenceComposed(id=f"q0/{n}", cause_id="q0", n=n, text=text, speak=False, **about))
        what = {"question": "Q1?", "asked_by": "Lin", "answer": "Yes.", "cites": [], "spoken": False}
        await rig.add(QuestionAnswered(id="q1/a", cause_id="q1", **what, **about))
        failed = {"question": "Q2?", "reason": "no model", "category": "unavailable"}
        await rig.add(QuestionFailed(id="q2/f", cause_id="q2", **failed, **about))
        async with rig.client.ws_connect(f"/meetings/{meeting_id}/live?snapshot=true") as socket:
            (snapshot,) = await frames(socket, 1)
        told = [(one["question_id"], one["state"], one["answer"]) for one in snapshot["data"]["questions"]]
        assert told == [("q0", "pending", "One, two."), ("q1", "answered", "Yes."), ("q2", "failed", "no model")]


class TestCaptions:
    async def test_draft_of_what_is_final_is_not_sent_to_who_comes_now(self, rig):
        meeting_id = await rig.meeting(**{f"{COMMITTED}mixed": "5000"})
        await show(rig.bus, caption(meeting_id, "old", 4900), caption(meeting_id, "new", 5600))
        async with rig.client.ws_connect(f"/meetings/{meeting_id}/live?snapshot=true") as socket:
            _, draft = await frames(socket, 2)
        assert draft["data"]["text"] == "new"

    async def test_draft_that_comes_after_its_line_is_not_sent(self, rig):
        meeting_id = await rig.meeting()
        async with rig.client.ws_connect(f"/meetings/{meeting_id}/live") as socket:
            await rig.add(line(meeting_id, 4))
            await frames(socket, 2)
            await show(rig.bus, caption(meeting_id, "line", 4900), caption(meeting_id, "next", 5400))
            (draft,) = await frames(socket, 1)
        assert draft["data"]["text"] == "next"

    async def test_draft_without_words_takes_the_last_one_away_whatever_its_time(self, rig):
        meeting_id = await rig.meeting(**{f"{COMMITTED}mixed": "5000"})
        async with rig.client.ws_connect(f"/meetings/{meeting_id}/live?snapshot=true") as socket:
            await frames(socket, 1)
            await show(rig.bus, caption(meeting_id, "", 5000))
            (draft,) = await frames(socket, 1)
        assert (draft["id"], draft["data"]["text"]) == (None, "")


class TestCoverage:
    async def test_it_is_told_when_it_changed_and_is_no_place_to_resume(self, rig):
        meeting_id = await rig.meeting(**{f"{COMMITTED}mixed": "900", f"{RECEIVED}mixed": "1500"})
        async with rig.client.ws_connect(f"/meetings/{meeting_id}/live") as socket:
            _, told = await frames(socket, 2)
        assert (told["id"], told["type"], told["data"]["lag_ms"]) == (None, "coverage.changed", 600)
        assert told["data"]["tracks"] == {"mixed": {"received_ms": 1500, "committed_ms": 900}}

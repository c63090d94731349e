"""The fold of a timeline: order, repeats, people, questions."""

import pytest

from shared.events import (
    Asked,
    BotJoined,
    Brief,
    BriefWritten,
    Cite,
    GapFound,
    Hushed,
    JoinRefused,
    Line,
    LineHeard,
    MeetingErased,
    MeetingRequested,
    MeetingStateChanged,
    ParticipantJoined,
    ParticipantLeft,
    QuestionAnswered,
    QuestionFailed,
    SentenceComposed,
    Settings,
    TranscriptCompleted,
    new_id,
)
from shared.view import MeetingView


def make(kind, *, at: int = 1, event_id: str = "", **fields: object):
    return kind(id=event_id or new_id(), meeting_id="m", at=at, **fields)


def line(line_id: str, start_ms: int, text: str = "hi", **fields: object):
    said = Line(id=line_id, track="mixed", speaker="Ada", start_ms=start_ms, end_ms=start_ms + 500, text=text)
    return make(LineHeard, line=said, **fields)


def brief(title: str, since_ms: int = 0):
    parts = {"key_points": [], "decisions": [], "action_items": [], "open_questions": []}
    made = Brief(title=title, summary="", made_by="rules", since_ms=since_ms, **parts)
    return make(BriefWritten, brief=made)


def fold(*events):
    view = MeetingView()
    for event in events:
        view.apply(event)
    return view


class TestLines:
    def test_lines_stand_by_start_however_they_came(self):
        view = fold(line("b", 2000), line("c", 3000), line("a", 1000))
        assert [said.id for said in view.lines] == ["a", "b", "c"]

    def test_last_line_is_the_latest_of_the_timeline(self):
        view = fold(line("b", 2000), line("a", 1000, at=7))
        assert (view.last_line.line.id, view.last_line.at) == ("a", 7)

    def test_line_heard_again_replaces_what_it_was(self):
        view = fold(line("a", 1000, "helo"), line("b", 2000), line("a", 900, "hello"))
        assert [(said.id, said.text) for said in view.lines] == [("a", "hello"), ("b", "hi")]

    def test_lines_that_start_together_stay_in_order_of_arrival(self):
        view = fold(line("b", 1000), line("a", 1000))
        assert [said.id for said in view.lines] == ["b", "a"]

    def test_event_seen_before_changes_nothing(self):
        view = MeetingView()
        assert view.apply(line("a", 1000, "first", event_id="e"))
        assert not view.apply(line("a", 1000, "second", event_id="e"))
        assert [said.text for said in view.lines] == ["first"]


class TestPeople:
    def test_who_left_was_there(self):
        ada = {"participant_id": "1", "name": "Ada"}
        view = fold(make(ParticipantJoined, **ada), make(ParticipantLeft, **ada))
        assert (view.participants, view.participants_ever) == ({}, {"1": "Ada"})

    def test_who_comes_back_is_there_again(self):
        ada = {"participant_id": "1", "name": "Ada"}
        view = fold(make(ParticipantJoined, **ada), make(ParticipantLeft, **ada), make(ParticipantJoined, **ada))
        assert view.participants == {"1": "Ada"}

    def test_nobody_is_there_when_it_is_over(self):
        view = fold(make(ParticipantJoined, participant_id="1", name="Ada"), make(MeetingStateChanged, status="ended"))
        assert (view.participants, view.participants_ever) == ({}, {"1": "Ada"})


class TestStatus:
    @pytest.mark.parametrize(
        ("events", "status", "explanation"),
        [
            ([], "requested", ""),
            ([make(BotJoined, bot_id="b")], "joining", ""),
            ([make(MeetingStateChanged, status="listening"), make(BotJoined, bot_id="b")], "listening", ""),
            ([make(JoinRefused, reason="no", category="invalid")], "failed", "no"),
            ([make(MeetingStateChanged, status="waiting_room", explanation="admit it")], "waiting_room", "admit it"),
            ([make(MeetingErased, stores={})], "erased", ""),
        ],
    )
    def test_status_follows_the_facts(self, events, status, explanation):
        view = fold(*events)
        assert (view.status, view.explanation) == (status, explanation)

    def test_listening_begins_once(self):
        changes = [
            make(MeetingStateChanged, status=status, at=at)
            for status, at in (("listening", 5), ("in_call", 6), ("listening", 7))
        ]
        assert fold(*changes).listening_at == 5

    def test_settings_and_verdict_are_kept(self):
        requested = make(MeetingRequested, platform="zoom", settings=Settings(bot_name="Bell"))
        view = fold(requested, make(TranscriptCompleted, verdict="silent", heard_ms=1, missing_ms=0, lines=0))
        assert (view.settings.bot_name, view.completed.verdict) == ("Bell", "silent")

    def test_gaps_stand_by_time(self):
        gaps = [make(GapFound, track="t", from_ms=ms, to_ms=ms + 1, cause="x") for ms in (9, 3)]
        assert [gap.from_ms for gap in fold(*gaps).gaps] == [3, 9]

    def test_facts_it_does_not_fold_are_only_seen(self):
        assert MeetingView().apply(make(Hushed, by="api"))


class TestQuestions:
    def asked(self):
        return make(Asked, question="Who?", asked_by="Lin", via="voice", question_id="q")

    def sentence(self, n: int, cause_id: str = "q"):
        return make(SentenceComposed, cause_id=cause_id, n=n, text=f"{n}.", speak=True)

    def test_question_gathers_its_sentences_and_answer(self):
        cite = Cite(line_id="a", speaker="Ada", at_ms=1)
        answer = make(
            QuestionAnswered, cause_id="q", question="Who?", asked_by="Lin", answer="Ada", cites=[cite], spoken=True
        )
        view = fold(self.asked(), self.sentence(1), self.sentence(0), answer)
        (exchange,) = view.questions
        assert (exchange.asked.question, exchange.answered.answer, exchange.cites) == ("Who?", "Ada", [cite])
        assert sorted(exchange.sentences) == [0, 1]
        assert not exchange.is_pending

    def test_question_is_pending_until_it_is_answered_or_failed(self):
        view = fold(self.asked())
        assert view.exchanges["q"].is_pending
        view.apply(make(QuestionFailed, cause_id="q", question="Who?", reason="no", category="timeout"))
        assert not view.exchanges["q"].is_pending
        assert view.exchanges["q"].cites == []

    def test_text_to_be_said_is_no_question(self):
        view = fold(self.sentence(0, "say"))
        assert (view.questions, list(view.exchanges)) == ([], ["say"])

    def test_sentence_said_twice_counts_once(self):
        first = self.sentence(0)
        view = fold(first, make(SentenceComposed, cause_id="q", n=0, text="other", speak=True))
        assert view.exchanges["q"].sentences == {0: first}


class TestBrief:
    def test_last_briefing_of_the_whole_meeting_counts(self):
        view = fold(brief("first"), brief("second"), brief("part", since_ms=5))
        assert view.brief.title == "second"

"""What is left of facts when one person's words are taken out."""

import msgspec
import pytest

from shared.erased import ERASED, RULES, SOMEBODY, without
from shared.events import (
    CODEC,
    ActionItem,
    AnswerChatted,
    Asked,
    AudioEnded,
    Brief,
    BriefWritten,
    ChapterNoted,
    ChatReceived,
    Cite,
    Event,
    Line,
    LineHeard,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantRenamed,
    Point,
    QuestionAnswered,
    QuestionFailed,
    RecordPaused,
    RecordResumed,
    SentenceComposed,
    SpeakerCorrected,
    SpeakingStarted,
    SpeakingStopped,
    SpeechCut,
    SpeechStarted,
    SpokenWord,
    WishHeard,
    WordsErased,
)

NAME, WORD = "Zebedee", "marmalade"
ABOUT = {"id": "f", "meeting_id": "m", "at": 7}
CITE = Cite(line_id="l1", speaker=NAME, at_ms=5)
POINT = Point(text=WORD, cites=[CITE])
ITEM = ActionItem(task=WORD, owner=NAME, due=WORD, cites=[CITE])
GONE = WordsErased(
    **ABOUT,
    participant_id="7",
    until_ms=900,
    line_ids=frozenset({"l1"}),
    message_ids=frozenset({"f"}),
    question_ids=frozenset({"q1"}),
    answer_ids=frozenset({"q1", "q2"}),
)


def line(line_id: str, participant_id: str = "7") -> Line:
    words = [SpokenWord(text=WORD, start_ms=1, end_ms=2)]
    said = {"speaker": NAME, "text": WORD, "words": words, "participant_id": participant_id}
    return Line(id=line_id, track="mixed", start_ms=1, end_ms=2, **said)


def brief() -> Brief:
    lists = {"key_points": [POINT], "decisions": [POINT], "action_items": [ITEM], "open_questions": [POINT]}
    return Brief(title=WORD, summary=f"{NAME}: {WORD}", made_by="m", upto_line_id="l1", **lists)


WHO = {"participant_id": "7", "name": NAME}
SPOKEN = {"duration_ms": 1, "first_audio_ms": 1}
THEIRS: list[Event] = [
    LineHeard(**ABOUT, line=line("l1")),
    ChatReceived(**ABOUT, **WHO, text=WORD),
    SpeakerCorrected(**ABOUT, line_id="l1", speaker=NAME, participant_id="7"),
    *(kind(**ABOUT, **WHO) for kind in (ParticipantJoined, ParticipantLeft, ParticipantRenamed)),
    *(kind(**ABOUT, **WHO, source_ms=3) for kind in (SpeakingStarted, SpeakingStopped)),
    WishHeard(**ABOUT, wish="forget_me", by=NAME, via="chat", participant_id="7"),
    RecordPaused(**ABOUT, by=NAME, via="voice"),
    RecordResumed(**ABOUT, by=NAME, via="voice"),
    BriefWritten(**ABOUT, brief=brief()),
    ChapterNoted(**ABOUT, n=2, line_ids=["l0", "l1"], points=[POINT]),
    Asked(**ABOUT, question=WORD, asked_by=NAME, via="chat", question_id="q1"),
    QuestionFailed(**ABOUT, cause_id="q1", question=WORD, reason="r", category="c"),
    QuestionAnswered(**ABOUT, cause_id="q1", question=WORD, asked_by=NAME, answer=WORD, cites=[CITE], spoken=True),
    SentenceComposed(**ABOUT, cause_id="q1", n=0, text=WORD, speak=True, cites=[CITE]),
    SpeechStarted(**ABOUT, cause_id="q1/0", text=WORD, **SPOKEN),
    SpeechCut(**ABOUT, cause_id="q1/0", reason="hushed", heard=WORD),
    AnswerChatted(**ABOUT, cause_id="q1", text=WORD),
]
OTHERS: list[Event] = [
    LineHeard(**ABOUT, line=line("l2", "8")),
    ChatReceived(**ABOUT | {"id": "other"}, participant_id="8", name="Ann", text=WORD),
    ChatReceived(**ABOUT | {"id": "later"}, **WHO, text=WORD),
    SpeakerCorrected(**ABOUT, line_id="later", speaker=NAME, participant_id="7"),
    SpeakerCorrected(**ABOUT, line_id="l2", speaker="Ann", participant_id="8"),
    ParticipantJoined(**ABOUT, participant_id="8", name="Ann"),
    WishHeard(**ABOUT, wish="pause", by="Ann", via="voice"),
    ChapterNoted(**ABOUT, n=1, line_ids=["l2"], points=[POINT]),
    Asked(**ABOUT, question=WORD, asked_by="Ann", via="chat", question_id="q3"),
    QuestionFailed(**ABOUT, cause_id="q3", question=WORD, reason="r", category="c"),
    QuestionAnswered(**ABOUT, cause_id="q3", question=WORD, asked_by="Ann", answer=WORD, cites=[], spoken=True),
    SentenceComposed(**ABOUT, cause_id="q3", n=0, text=WORD, speak=True),
    SpeechStarted(**ABOUT, cause_id="q3/0", text=WORD, **SPOKEN),
    SpeechCut(**ABOUT, cause_id="q3/0", reason="hushed", heard=WORD),
    AnswerChatted(**ABOUT, cause_id="q3", text=WORD),
    AudioEnded(**ABOUT, heard_ms=5),
]


def kind_of(fact: Event) -> str:
    return type(fact).__name__


@pytest.mark.parametrize("fact", THEIRS, ids=kind_of)
def test_neither_word_nor_name_is_left_and_the_fact_stays_in_its_place(fact: Event) -> None:
    left = without(fact, GONE, {NAME})
    encoded = CODEC.encode(left)[1]
    assert NAME.encode() not in encoded
    assert WORD.encode() not in encoded
    assert (type(left), left.id, left.at, left.cause_id) == (type(fact), fact.id, fact.at, fact.cause_id)


def test_every_kind_of_fact_that_has_a_rule_is_tried_here() -> None:
    assert {type(fact) for fact in THEIRS} == set(RULES)


@pytest.mark.parametrize("fact", OTHERS, ids=kind_of)
def test_what_others_said_and_were_told_stays_as_it_is(fact: Event) -> None:
    assert without(fact, GONE, {NAME}) == fact


def test_an_answer_from_their_words_to_somebody_else_is_gone_and_the_question_stays() -> None:
    fact = QuestionAnswered(**ABOUT, cause_id="q2", question="Why?", asked_by="Ann", answer=WORD, cites=[], spoken=True)
    left = without(fact, GONE, {NAME})
    assert (left.question, left.asked_by, left.answer) == ("Why?", "Ann", ERASED)


def test_a_sentence_that_was_not_said_yet_is_not_said_any_more() -> None:
    fact = SentenceComposed(**ABOUT, cause_id="q2", n=0, text=WORD, speak=True)
    assert not without(fact, GONE).speak


def test_who_reads_a_line_sees_that_something_was_erased() -> None:
    left = without(LineHeard(**ABOUT, line=line("l1")), GONE).line
    assert (left.speaker, left.text, left.participant_id, left.start_ms, left.end_ms) == (SOMEBODY, ERASED, "", 1, 2)


@pytest.mark.parametrize("fact", THEIRS, ids=kind_of)
def test_twice_is_as_good_as_once(fact: Event) -> None:
    once = without(fact, GONE, {NAME})
    assert without(once, GONE, {NAME}) == once


def test_the_fact_itself_survives_the_wire() -> None:
    kind, body = CODEC.encode(GONE)
    assert CODEC.decode({b"type": kind, b"body": body}) == GONE
    assert sorted(msgspec.json.decode(msgspec.json.encode(GONE))["answer_ids"]) == ["q1", "q2"]


def test_a_question_that_was_asked_over_http_in_their_name_stays_without_the_name() -> None:
    fact = Asked(**ABOUT, question="Why?", asked_by=NAME, via="api", question_id="q9")
    left = without(fact, GONE, {NAME})
    assert (left.question, left.asked_by) == ("Why?", SOMEBODY)

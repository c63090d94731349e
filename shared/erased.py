"""What is left of facts when one person's words are taken out of a meeting. Pure.

A line, a question, an answer keeps its place and its id, so that cursors, cites and outcomes stay good; what was said,
and by whom, does not. The same rule holds for the timeline, which ingest writes anew, and for what processes remember.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar, cast

from msgspec import structs

from shared.events import (
    AnswerChatted,
    Asked,
    BriefWritten,
    ChapterNoted,
    ChatReceived,
    Event,
    EventT,
    Line,
    LineHeard,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantRenamed,
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
    WishHeard,
    WordsErased,
)

ERASED, SOMEBODY = "(erased)", "Somebody"
"""In place of words, and of a name."""

Names = Collection[str]
OfPerson = ParticipantJoined | ParticipantLeft | ParticipantRenamed | SpeakingStarted | SpeakingStopped
Asking = TypeVar("Asking", Asked, QuestionAnswered)
OfWisher = WishHeard | RecordPaused | RecordResumed


def without(fact: EventT, erased: WordsErased, names: Names = ()) -> EventT:
    """The fact as it is kept; an equal one where it holds nothing of theirs. `names`: all that they went by."""
    rule = RULES.get(type(fact))
    return cast("EventT", rule(fact, erased, names)) if rule else fact


def from_line(fact: LineHeard, erased: WordsErased, _: Names) -> Event:
    return structs.replace(fact, line=blank_line(fact.line)) if fact.line.id in erased.line_ids else fact


def from_chat(fact: ChatReceived, erased: WordsErased, _: Names) -> Event:
    return structs.replace(fact, name=SOMEBODY, text=ERASED) if fact.id in erased.message_ids else fact


def from_correction(fact: SpeakerCorrected, erased: WordsErased, _: Names) -> Event:
    is_of_theirs = fact.line_id in erased.line_ids
    return structs.replace(fact, speaker=SOMEBODY, participant_id="") if is_of_theirs else fact


def from_person(fact: OfPerson, erased: WordsErased, _: Names) -> Event:
    return structs.replace(fact, name=SOMEBODY) if fact.participant_id == erased.participant_id else fact


def from_wish(fact: OfWisher, _: WordsErased, names: Names) -> Event:
    return structs.replace(fact, by=SOMEBODY) if fact.by in names else fact


def from_brief(fact: BriefWritten, _: WordsErased, __: Names) -> Event:
    """It is of everybody's words together: none of it can be kept, and the next is written of what is left."""
    empty = structs.replace(fact.brief, title=ERASED, summary="", key_points=[], decisions=[])
    return structs.replace(fact, brief=structs.replace(empty, action_items=[], open_questions=[]))


def from_notes(fact: ChapterNoted, erased: WordsErased, _: Names) -> Event:
    is_of_theirs = not erased.line_ids.isdisjoint(fact.line_ids)
    return structs.replace(fact, line_ids=[], points=[]) if is_of_theirs else fact


# -- questions that they asked, and all that was answered from their words ---------------------------------------------


def from_question(fact: Asked, erased: WordsErased, names: Names) -> Event:
    return unasked(fact, erased, fact.question_id, names)


def from_failure(fact: QuestionFailed, erased: WordsErased, _: Names) -> Event:
    return structs.replace(fact, question=ERASED) if fact.cause_id in erased.question_ids else fact


def from_answer(fact: QuestionAnswered, erased: WordsErased, names: Names) -> Event:
    left = unasked(fact, erased, fact.cause_id, names)
    return structs.replace(left, answer=ERASED, cites=[]) if fact.cause_id in erased.answer_ids else left


def from_sentence(fact: SentenceComposed, erased: WordsErased, _: Names) -> Event:
    is_of_theirs = fact.cause_id in erased.answer_ids
    return structs.replace(fact, text=ERASED, speak=False, cites=[]) if is_of_theirs else fact


def from_speech(fact: SpeechStarted, erased: WordsErased, _: Names) -> Event:
    return structs.replace(fact, text=ERASED) if question_of(fact) in erased.answer_ids else fact


def from_cut_speech(fact: SpeechCut, erased: WordsErased, _: Names) -> Event:
    return structs.replace(fact, heard="") if question_of(fact) in erased.answer_ids else fact


def from_answer_in_chat(fact: AnswerChatted, erased: WordsErased, _: Names) -> Event:
    return structs.replace(fact, text=ERASED) if fact.cause_id in erased.answer_ids else fact


def unasked(fact: Asking, erased: WordsErased, question_id: str, names: Names) -> Asking:
    """What they asked in the meeting; over HTTP somebody may have asked in their name."""
    if question_id in erased.question_ids:
        return structs.replace(fact, question=ERASED, asked_by=SOMEBODY)
    return structs.replace(fact, asked_by=SOMEBODY) if fact.asked_by in names else fact


def question_of(fact: SpeechStarted | SpeechCut) -> str:
    """The id of a sentence is that of its question and a number."""
    return fact.cause_id.rpartition("/")[0]


def blank_line(line: Line) -> Line:
    return structs.replace(line, speaker=SOMEBODY, participant_id="", text=ERASED, words=[])


RULES: Mapping[type[Event], Callable[[Any, WordsErased, Names], Event]] = {
    LineHeard: from_line,
    ChatReceived: from_chat,
    SpeakerCorrected: from_correction,
    ParticipantJoined: from_person,
    ParticipantLeft: from_person,
    ParticipantRenamed: from_person,
    SpeakingStarted: from_person,
    SpeakingStopped: from_person,
    WishHeard: from_wish,
    RecordPaused: from_wish,
    RecordResumed: from_wish,
    BriefWritten: from_brief,
    ChapterNoted: from_notes,
    Asked: from_question,
    QuestionFailed: from_failure,
    QuestionAnswered: from_answer,
    SentenceComposed: from_sentence,
    SpeechStarted: from_speech,
    SpeechCut: from_cut_speech,
    AnswerChatted: from_answer_in_chat,
}

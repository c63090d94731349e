"""What in a meeting is one person's: what they said, wrote and asked, and what was answered from their words. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from shared.erased import SOMEBODY
from shared.events import (
    Asked,
    ChatReceived,
    Event,
    LineHeard,
    ParticipantJoined,
    ParticipantRenamed,
    QuestionAnswered,
    SentenceComposed,
    SpeakerCorrected,
    WordsErased,
)


class Theirs(NamedTuple):
    """Ids, and all the names that they went by."""

    line_ids: frozenset[str]
    message_ids: frozenset[str]
    question_ids: frozenset[str]
    answer_ids: frozenset[str]
    """Ids of the questions."""
    names: frozenset[str]
    until_ms: int
    """The end of the last line, whoever said it; or what was asked for."""


def theirs_in(facts: Sequence[Event], participant_id: str, until_ms: int = 0) -> Theirs:
    """Up to now; or what they had said up to a time, with what came of what was erased before."""
    before = [fact for fact in facts if isinstance(fact, WordsErased) and fact.participant_id == participant_id]
    now = said_in(facts, participant_id, until_ms)
    line_ids = now.line_ids.union(*(erased.line_ids for erased in before))
    asked = now.question_ids.union(*(erased.question_ids for erased in before))
    answers = asked.union(
        *(erased.answer_ids for erased in before), answers_from(facts, line_ids, is_late=until_ms > 0)
    )
    messages = now.message_ids.union(*(erased.message_ids for erased in before))
    return now._replace(line_ids=line_ids, message_ids=messages, question_ids=asked, answer_ids=answers)


def said_in(facts: Sequence[Event], participant_id: str, until_ms: int) -> Theirs:
    """Without the answers."""
    lines, names, messages, owners = dict[str, LineHeard](), set[str](), set[str](), dict[str, str]()
    for fact in facts:
        match fact:
            case LineHeard(line=line):
                lines[line.id], owners[line.id] = fact, line.participant_id
            case SpeakerCorrected():
                owners[fact.line_id] = fact.participant_id
            case ChatReceived() if fact.participant_id == participant_id:
                names.add(fact.name)
                messages |= set() if until_ms else {fact.id}
            case ParticipantJoined() | ParticipantRenamed() if fact.participant_id == participant_id:
                names.add(fact.name)
    last_ms = until_ms or max((fact.line.end_ms for fact in lines.values()), default=0)
    theirs = [fact for fact in lines.values() if owners[fact.line.id] == participant_id and fact.line.end_ms <= last_ms]
    causes = messages | {fact.id for fact in theirs}
    return Theirs(
        line_ids=frozenset(fact.line.id for fact in theirs),
        message_ids=frozenset(messages),
        question_ids=frozenset(
            fact.question_id for fact in facts if isinstance(fact, Asked) and cause_of(fact) in causes
        ),
        answer_ids=frozenset(),
        names=frozenset(names - {"", SOMEBODY}),
        until_ms=last_ms,
    )


def cause_of(asked: Asked) -> str:
    """The line or the message in which it was asked."""
    return asked.question_id.removesuffix("/question")


def answers_from(facts: Sequence[Event], line_ids: frozenset[str], *, is_late: bool) -> frozenset[str]:
    """Answers that cite their lines; and those of a language model that cite nobody's: who knows what they are of.

    Late, these are of what was left then.
    """
    found = set[str]()
    for fact in facts:
        match fact:
            case SentenceComposed() | QuestionAnswered() if any(cite.line_id in line_ids for cite in fact.cites):
                found.add(fact.cause_id)
            case QuestionAnswered() if fact.usage.model and not fact.cites and line_ids and not is_late:
                found.add(fact.cause_id)
    return frozenset(found)

"""What in a meeting is one person's: what they said, wrote and asked, and what was answered from their words. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

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
)


class Theirs(NamedTuple):
    """Ids, and all the names that they went by."""

    line_ids: frozenset[str]
    question_ids: frozenset[str]
    answer_ids: frozenset[str]
    """Ids of the questions."""
    names: frozenset[str]
    until_ms: int
    """The end of the last line, whoever said it."""

    @property
    def is_nothing(self) -> bool:
        """Nobody of that id was there."""
        return not self.names and not self.line_ids


def theirs_in(facts: Sequence[Event], participant_id: str) -> Theirs:
    lines, names, causes = dict[str, LineHeard](), set[str](), set[str]()
    owners = dict[str, str]()
    for fact in facts:
        match fact:
            case LineHeard(line=line):
                lines[line.id], owners[line.id] = fact, line.participant_id
            case SpeakerCorrected():
                owners[fact.line_id] = fact.participant_id
            case ChatReceived() if fact.participant_id == participant_id:
                names.add(fact.name)
                causes.add(fact.id)
            case ParticipantJoined() | ParticipantRenamed() if fact.participant_id == participant_id:
                names.add(fact.name)
    line_ids = frozenset(line_id for line_id, owner in owners.items() if owner == participant_id and line_id in lines)
    causes |= {lines[line_id].id for line_id in line_ids}
    asked = frozenset(fact.question_id for fact in facts if isinstance(fact, Asked) and cause_of(fact) in causes)
    return Theirs(
        line_ids=line_ids,
        question_ids=asked,
        answer_ids=asked | answers_from(facts, line_ids),
        names=frozenset(names - {""}),
        until_ms=max((fact.line.end_ms for fact in lines.values()), default=0),
    )


def cause_of(asked: Asked) -> str:
    """The line or the message in which it was asked."""
    return asked.question_id.removesuffix("/question")


def answers_from(facts: Sequence[Event], line_ids: frozenset[str]) -> frozenset[str]:
    """Answers that cite their lines; and those of a language model that cite nobody's: who knows what they are of."""
    found = set[str]()
    for fact in facts:
        match fact:
            case SentenceComposed() | QuestionAnswered() if any(cite.line_id in line_ids for cite in fact.cites):
                found.add(fact.cause_id)
            case QuestionAnswered() if fact.usage.model and not fact.cites and line_ids:
                found.add(fact.cause_id)
    return frozenset(found)

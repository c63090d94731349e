"""Erases what one person said and wrote in a meeting, while the meeting goes on or afterwards."""

import functools
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple, cast

import structlog
from msgspec import structs

from ingest.erasing import PLATFORM, leftovers_of, vendors_of
from ingest.resources import Ingest
from ingest.theirs import Theirs, theirs_in
from shared.audit import Deed
from shared.bus import Bus, Entry, decoded
from shared.erased import without
from shared.errors import MeetingGoneError
from shared.events import (
    CODEC,
    Asked,
    AskQuestion,
    BriefWritten,
    ChapterNoted,
    ChatReceived,
    EraseWords,
    Event,
    LineHeard,
    QuestionAnswered,
    WordsErased,
    effect,
)
from shared.meetings import Erasure
from shared.recent_writes import Probe
from shared.streams import BRAIN, INGEST, TENANT, MeetingKeys

STORES: Mapping[type[Event], str] = {
    LineHeard: "lines",
    ChatReceived: "chat messages",
    Asked: "questions",
    QuestionAnswered: "answers",
    BriefWritten: "briefings",
    ChapterNoted: "notes",
}
"""What the receipt counts, by the kind of fact."""
OTHER = "traces"
"""The name in other facts, and sentences of answers."""

Changed = list[tuple[bytes, Event]]

log = structlog.get_logger()


class Past(NamedTuple):
    """The timeline as far as it was read."""

    last_id: bytes
    facts: list[tuple[Entry, Event]]


async def erase_words(command: EraseWords, ingest: Ingest) -> None:
    """Once, however often the command comes; who died after it still has it told. Raises MeetingGoneError."""
    state = await ingest.bus.state(command.meeting_id)
    past, probe = await read_on(ingest.bus, command.meeting_id, Past(b"-", [])), None
    while probe is None and not is_done(command, past):
        probe = await rewrite(command, past, state, ingest)
        past = await read_on(ingest.bus, command.meeting_id, past)
    if probe:
        ingest.bus.remember(probe, functools.partial(erase_words, command, ingest))
    await ingest.bus.nudge(command.meeting_id)
    await ingest.audit.note(state.get(TENANT, ""), Deed.WORDS_ERASED, command.by, command.meeting_id, command.id)
    log.info("words.erased", meeting_id=command.meeting_id)


def is_done(command: EraseWords, past: Past) -> bool:
    return any(isinstance(fact, WordsErased) and fact.cause_id == command.id for _, fact in past.facts)


async def read_on(bus: Bus, meeting_id: str, past: Past) -> Past:
    """With what has come since."""
    new = await bus.timeline(meeting_id, after=past.last_id)
    facts = [(entry, fact) for entry in new if (fact := decoded(entry))]
    return Past(new[-1].id if new else past.last_id, [*past.facts, *facts])


async def rewrite(command: EraseWords, past: Past, state: Mapping[str, str], ingest: Ingest) -> Probe | None:
    """All or nothing; None where there are newer facts to be looked at first. Raises MeetingGoneError."""
    theirs = theirs_in([fact for _, fact in past.facts], command.participant_id, command.until_ms)
    erased = fact_of(command, theirs, state, ingest)
    changed = changes(past, erased, theirs)
    erased = structs.replace(erased, stores=dict(Counter(STORES.get(type(fact), OTHER) for _, fact in changed)))
    keys, (kind, body) = MeetingKeys(command.meeting_id), CODEC.encode(erased)
    left = await leftovers_of(ingest.bus, keys.shard, functools.partial(is_question_of, theirs))
    args: list[str | bytes | int] = [past.last_id, kind, body, len(changed)]
    for entry_id, fact in changed:
        args += [entry_id, *CODEC.encode(fact)]
    args += left.args
    names = [keys.state, keys.timeline, keys.live, keys.words, keys.said]
    names += [keys.shard.dead, keys.shard.commands(INGEST), keys.shard.commands(BRAIN)]
    reply = cast("list[bytes]", await ingest.bus.erase_words_script(names, args))
    if reply[0] == b"GONE":
        raise MeetingGoneError(command.meeting_id)
    return Probe(keys.timeline, reply[1], body) if reply[0] == b"OK" else None


def is_question_of(theirs: Theirs, entry: Entry) -> bool:
    """One that waits for the brain, or was given up."""
    event = decoded(entry)
    return isinstance(event, AskQuestion) and event.id in theirs.question_ids


def fact_of(command: EraseWords, theirs: Theirs, state: Mapping[str, str], ingest: Ingest) -> WordsErased:
    """The platform's recording is of everybody together."""
    vendors = vendors_of(state, is_confirmed=False)
    whole = {PLATFORM: str(Erasure.WHOLE)} if PLATFORM in vendors else {}
    return effect(
        WordsErased,
        command,
        "erased",
        ingest.clock,
        participant_id=command.participant_id,
        until_ms=theirs.until_ms,
        line_ids=theirs.line_ids,
        message_ids=theirs.message_ids,
        question_ids=theirs.question_ids,
        answer_ids=theirs.answer_ids,
        vendors={**vendors, **whole},
    )


def changes(past: Past, erased: WordsErased, theirs: Theirs) -> Changed:
    """The entries that hold something of theirs, with what is left of each."""
    left = [(entry.id, fact, without(fact, erased, theirs.names)) for entry, fact in past.facts]
    return [(entry_id, kept) for entry_id, fact, kept in left if kept != fact]

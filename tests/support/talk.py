"""Facts of who speaks and what is heard, in few words, and a book that is fed with them."""

from collections.abc import Iterable

from shared.events import (
    AudioEnded,
    Event,
    Line,
    LineHeard,
    ParticipantJoined,
    ParticipantRenamed,
    SpeakerCorrected,
    SpeakingStarted,
    SpeakingStopped,
)
from transcriber.speakers import Correction, SpeakerBook

Person = tuple[str, str]
MAYA, TOM, ELENA, NOBODY = ("p1", "Maya"), ("p2", "Tom"), ("p3", "Elena"), ("", "Speaker 1")


def on(person: Person, at_ms: int) -> SpeakingStarted:
    return SpeakingStarted(id="e", meeting_id="m", at=0, participant_id=person[0], name=person[1], source_ms=at_ms)


def off(person: Person, at_ms: int) -> SpeakingStopped:
    return SpeakingStopped(id="e", meeting_id="m", at=0, participant_id=person[0], name=person[1], source_ms=at_ms)


def joined(participant_id: str, name: str) -> ParticipantJoined:
    return ParticipantJoined(id="e", meeting_id="m", at=0, participant_id=participant_id, name=name)


def renamed(participant_id: str, name: str) -> ParticipantRenamed:
    return ParticipantRenamed(id="e", meeting_id="m", at=0, participant_id=participant_id, name=name)


def ended(heard_ms: int) -> AudioEnded:
    return AudioEnded(id="e", meeting_id="m", at=0, heard_ms=heard_ms)


def turn(person: Person, start_ms: int, end_ms: int) -> tuple[Event, ...]:
    return on(person, start_ms), off(person, end_ms)


def line(person: Person, start_ms: int, end_ms: int, voice: str = "", track: str = "mixed") -> LineHeard:
    """A line that was given this name; `Speaker 2` and the like: no name."""
    said = Line(
        id=f"{track}-{start_ms}",
        track=track,
        speaker=person[1],
        participant_id=person[0],
        start_ms=start_ms,
        end_ms=end_ms,
        text="words",
        voice=voice,
    )
    return LineHeard(id="e", meeting_id="m", at=0, line=said)


def known(person: Person, voice: str, start_ms: int, length_ms: int = 4000) -> tuple[Event, ...]:
    """A stretch from which it is learned whose voice it is."""
    end_ms = start_ms + length_ms
    return *turn(person, start_ms, end_ms), line(person, start_ms, end_ms, voice), passed(end_ms + 2000)


def passed(at_ms: int) -> Event:
    """A fact that says only that the meeting has come this far."""
    return off(("p0", "Nobody"), at_ms)


def corrected(correction: Correction) -> SpeakerCorrected:
    line_id, participant_id, speaker = correction
    return SpeakerCorrected(
        id="e", meeting_id="m", at=0, line_id=line_id, speaker=speaker, participant_id=participant_id
    )


def book_of(*facts: Event) -> SpeakerBook:
    book = SpeakerBook()
    feed(book, facts)
    return book


def feed(book: SpeakerBook, facts: Iterable[Event]) -> None:
    for fact in facts:
        book.note(fact)

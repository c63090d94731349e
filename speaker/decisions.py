"""What the mouth of a meeting wants done next."""

from dataclasses import dataclass

from shared.events import SentenceComposed


@dataclass(frozen=True)
class Speak:
    """Say it now. SpeechStarted must be on the timeline before the first sound."""

    sentence: SentenceComposed
    from_ms: int = 0
    """More than 0 where it goes on after it was held."""


@dataclass(frozen=True)
class Hold:
    """Stop it now, and tell `Mouth.held` how much of it was heard: perhaps it goes on."""

    sentence: SentenceComposed


@dataclass(frozen=True)
class Drop:
    """Stop it where it is being said, and write SpeechCut with this reason, before the next decision is asked for."""

    sentence: SentenceComposed
    reason: str


@dataclass(frozen=True)
class StayQuiet:
    """Nothing to do until the next fact, or until that time."""

    until_ms: int | None = None


Decision = Speak | Hold | Drop | StayQuiet

"""Where the time between a question and the first sound of its answer went."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.events import Asked, Event, LineHeard, SentenceComposed, SpeechStarted

LINES_KEPT = 50
"""A question is noticed so few lines after the one that asks it."""


@dataclass(frozen=True)
class Stages:
    """One answer's stage clock, Unix ms; 0 where a stage was not reached or has no meaning for it."""

    question_id: str
    via: str
    """How it was asked: `api`, `voice` or `chat`."""
    last_word_at: int
    """End of the question in the meeting; of one that came over HTTP, when it was taken."""
    final_at: int
    """Its line was final."""
    asked_at: int
    model_asked_at: int
    first_token_at: int
    text_at: int
    """The model had written the first sentence."""
    composed_at: int
    voice_asked_at: int
    first_audio_at: int
    turn_at: int
    """Nobody else spoke."""
    handed_at: int
    """The sound was handed to the way into the meeting."""

    @property
    def whole_ms(self) -> int:
        return self.handed_at - self.last_word_at

    @property
    def vendor_ms(self) -> int:
        """The speech engine, the model and the voice."""
        hearing_ms = self.final_at - self.last_word_at
        return hearing_ms + (self.text_at - self.model_asked_at) + (self.first_audio_at - self.voice_asked_at)

    @property
    def own_ms(self) -> int:
        """What chimein added: from the final line to the call of the model, and so on to the sound that is handed over.

        To wait until people pause is neither.
        """
        begun = self.model_asked_at - self.final_at
        composed = self.voice_asked_at - self.text_at
        handed = self.handed_at - max(self.first_audio_at, self.turn_at)
        return begun + composed + handed

    @property
    def parts_ms(self) -> dict[str, int]:
        """The whole of it, stage by stage; what two stages share counts for the first."""
        return {
            "hearing": self.final_at - self.last_word_at,
            "addressing": self.model_asked_at - self.final_at,
            "model": self.text_at - self.model_asked_at,
            "composing": self.voice_asked_at - self.text_at,
            "voice": self.first_audio_at - self.voice_asked_at,
            "waiting": self.waited_ms,
            "handing": self.handed_at - max(self.first_audio_at, self.turn_at),
        }

    @property
    def waited_ms(self) -> int:
        """For people to pause, or for an earlier answer to end."""
        return max(0, self.turn_at - self.first_audio_at)


class StageBook:
    """Fed with a meeting's facts, in order; tells each answer's stages when its first sound was handed over."""

    def __init__(self) -> None:
        self._lines: dict[str, LineHeard] = {}
        self._open: dict[str, Open] = {}
        """By question id."""
        self._first: dict[str, str] = {}
        """Question id, by its first sentence."""

    def note(self, fact: Event) -> Stages | None:
        match fact:
            case LineHeard():
                self._lines[fact.id] = fact
                if len(self._lines) > LINES_KEPT:
                    self._lines.pop(next(iter(self._lines)))
            case Asked():
                self._open[fact.question_id] = Open(fact, self._lines.get(fact.question_id.partition("/question")[0]))
            case SentenceComposed(n=0) if opened := self._open.get(fact.cause_id):
                opened.first.append(fact)
                self._first[fact.id] = fact.cause_id
            case SpeechStarted() if question_id := self._first.pop(fact.cause_id, ""):
                return clock_of(self._open.pop(question_id), fact)
        return None


@dataclass(frozen=True)
class Open:
    """A question whose answer is not heard yet."""

    asked: Asked
    line: LineHeard | None
    """Which asked it, in the meeting."""
    first: list[SentenceComposed] = field(default_factory=list)
    """Its first sentence, once it is composed."""


def stages_of(facts: Iterable[Event], question_id: str) -> Stages | None:
    """None until the first sound of its answer was handed over, and for an answer that is not said."""
    return next((stages for stages in all_stages(facts) if stages.question_id == question_id), None)


def all_stages(facts: Iterable[Event]) -> list[Stages]:
    """Of every answer that was begun to be said."""
    book = StageBook()
    return [stages for fact in facts if (stages := book.note(fact))]


def clock_of(opened: Open, started: SpeechStarted) -> Stages:
    asked, first, line = opened.asked, opened.first[0], opened.line
    final_at = line.at if line else asked.at
    return Stages(
        question_id=asked.question_id,
        via=asked.via,
        last_word_at=final_at - (line.final_after_ms if line else 0),
        final_at=final_at,
        asked_at=asked.at,
        model_asked_at=first.model_asked_at,
        first_token_at=first.first_token_at,
        text_at=first.text_at,
        composed_at=first.at,
        voice_asked_at=started.voice_asked_at,
        first_audio_at=started.first_audio_at,
        turn_at=started.turn_at,
        handed_at=started.at,
    )

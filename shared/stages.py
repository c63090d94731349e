"""Where the time between a question and the first sound of its answer went."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.events import Asked, Event, LineHeard, SentenceComposed, SpeechStarted


@dataclass(frozen=True)
class Stages:
    """One answer's stage clock, Unix ms; 0 where a stage was not reached or has no meaning for it."""

    last_word_at: int
    """End of the question in the meeting; of one that came over HTTP, when it was taken."""
    final_at: int
    """Its line was final."""
    asked_at: int
    model_asked_at: int
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
    def waited_ms(self) -> int:
        """For people to pause, or for an earlier answer to end."""
        return max(0, self.turn_at - self.first_audio_at)


def stages_of(facts: Iterable[Event], question_id: str) -> Stages | None:
    """None until the first sound of its answer was handed over, and for an answer that is not said."""
    asked: Asked | None = None
    first: SentenceComposed | None = None
    lines: dict[str, LineHeard] = {}
    for fact in facts:
        match fact:
            case LineHeard():
                lines[fact.id] = fact
            case Asked(question_id=found) if found == question_id:
                asked = fact
            case SentenceComposed(cause_id=found, n=0) if found == question_id:
                first = fact
            case SpeechStarted() if asked and first and fact.cause_id == first.id:
                return clock_of(asked, first, fact, lines.get(question_id.partition("/question")[0]))
    return None


def clock_of(asked: Asked, first: SentenceComposed, started: SpeechStarted, line: LineHeard | None) -> Stages:
    final_at = line.at if line else asked.at
    return Stages(
        last_word_at=final_at - (line.final_after_ms if line else 0),
        final_at=final_at,
        asked_at=asked.at,
        model_asked_at=first.model_asked_at,
        text_at=first.text_at,
        composed_at=first.at,
        voice_asked_at=started.voice_asked_at,
        first_audio_at=started.first_audio_at,
        turn_at=started.turn_at,
        handed_at=started.at,
    )

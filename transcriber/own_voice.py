"""What the assistant says in the meeting, and the part of the heard words that is its echo."""

from collections import deque
from collections.abc import Sequence

from shared.echo import Spoken, without_echo
from shared.events import Event, SpeechCut, SpeechFinished, SpeechStarted
from transcriber.ports import Word

KEPT = 8
"""Sentences whose echo may still come."""


class OwnVoice:
    """Fed with the meeting's facts. Times of speech are Unix ms, those of words count from source time 0."""

    def __init__(self) -> None:
        self._started: dict[str, SpeechStarted] = {}
        self._ended: deque[tuple[str, int, int]] = deque(maxlen=KEPT)
        """Text, begin and end."""

    def note(self, fact: Event) -> None:
        match fact:
            case SpeechStarted():
                self._started[fact.cause_id] = fact
            case SpeechFinished() | SpeechCut() if started := self._started.pop(fact.cause_id, None):
                self._ended.append((started.text, started.at, fact.at))

    def without_echo(self, words: Sequence[Word], origin_ms: int) -> tuple[Word, ...]:
        """What people said. All of it where nobody knows when source time 0 was."""
        spoken = self._spoken(origin_ms)
        if not spoken or not words or not origin_ms:
            return tuple(words)
        left = without_echo([word.text for word in words], words[0].start_ms, words[-1].end_ms, spoken)
        return tuple(words[place] for place in left)

    def _spoken(self, origin_ms: int) -> list[Spoken]:
        open_ones = [(one.text, one.at, one.at + one.duration_ms) for one in self._started.values()]
        return [Spoken(text, begin - origin_ms, end - origin_ms) for text, begin, end in (*self._ended, *open_ones)]

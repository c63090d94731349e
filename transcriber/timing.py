"""Times of words on the meeting's clock."""

from collections.abc import Iterable

import msgspec

from transcriber.endpointing import Utterance
from transcriber.ports import Word

LEAST_MS = 10
"""No word is without length: its midpoint lies after what was settled before it."""


def place(words: Iterable[Word], utterance: Utterance) -> tuple[Word, ...]:
    """Moves words timed from the utterance's start into its voiced part, each after the one before.

    The last word ends with the voice: an alignment does not see how long its last sound goes on.
    """
    placed = []
    reached_ms = utterance.voice_start_ms
    for word in words:
        start_ms = within(utterance.start_ms + word.start_ms, reached_ms, utterance.voice_end_ms)
        end_ms = within(utterance.start_ms + word.end_ms, start_ms + LEAST_MS, utterance.voice_end_ms)
        reached_ms = min(end_ms, utterance.end_ms)
        placed.append(Word(word.text, start_ms, reached_ms))
    if placed and placed[-1].end_ms < utterance.voice_end_ms:
        placed[-1] = msgspec.structs.replace(placed[-1], end_ms=utterance.voice_end_ms)
    return tuple(placed)


def within(value: int, least: int, most: int) -> int:
    """`least` wins where it is above `most`."""
    return max(least, min(value, most))

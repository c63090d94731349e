"""From what an engine heard to a line. Pure."""

from collections.abc import Iterable, Sequence

from shared.events import Line
from transcriber.ports import Word


def fresh(words: Iterable[Word], committed_ms: int) -> tuple[Word, ...]:
    """Words whose midpoint lies after the committed position. One rule for crash, hand-over and redial."""
    return tuple(word for word in words if (word.start_ms + word.end_ms) / 2 > committed_ms)


def line_of(track: str, words: Sequence[Word], participant_id: str, speaker: str) -> Line:
    """The id is the place in the audio: unique, and the same whoever commits it."""
    return Line(
        id=f"{track}-{words[0].start_ms}",
        track=track,
        speaker=speaker,
        participant_id=participant_id,
        start_ms=words[0].start_ms,
        end_ms=words[-1].end_ms,
        text=" ".join(word.text for word in words),
    )

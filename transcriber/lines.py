"""From what an engine heard to lines that people can read. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from shared.events import Line, SpokenWord
from transcriber.ports import Heard, Word

SLIP_MS = 250
"""A single word of another voice inside a sentence, shorter than this, is the diarizer's mistake."""
PAUSE_MS = 300
EDGE_MS = 400
LONG_WORDS, LONG_MS = 25, 10_000
"""A line this long ends with its sentence."""
VERY_LONG_WORDS, VERY_LONG_MS = 40, 15_000
"""A line this long ends at the next comma or pause."""
TOO_LONG_WORDS, TOO_LONG_MS = 60, 25_000
"""A line this long ends."""
SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "।", "؟")
COMMAS = (",", ";", ":", "–", "—", "，", "、", "；", "،")
CLOSERS = "\"'”’»)]"


def fresh(words: Iterable[Word], committed_ms: int) -> tuple[Word, ...]:
    """Words whose midpoint lies after the committed position. One rule for crash, hand-over and redial."""
    return tuple(word for word in words if (word.start_ms + word.end_ms) / 2 > committed_ms)


def whole(heard: Heard, end_ms: int) -> Heard:
    """What is heard for sure where the audio was broken off at `end_ms`: a word at the edge may go on after it."""
    edge_ms = end_ms - EDGE_MS
    words = tuple(word for word in heard.words if word.end_ms <= edge_ms)
    broken_ms = [word.start_ms for word in heard.words if word.end_ms > edge_ms]
    return msgspec.structs.replace(heard, words=words, settled_ms=min([heard.settled_ms, edge_ms, *broken_ms]))


def cut(words: Sequence[Word]) -> list[tuple[Word, ...]]:
    """One final result as lines: of one voice each, and of readable length. No two begin at the same time."""
    lines: list[list[Word]] = []
    voices = voices_of(words)
    for n, word in enumerate(words):
        is_cut = n == 0 or voices[n] != voices[n - 1] or is_full(lines[-1], word)
        if is_cut and (n == 0 or word.start_ms > lines[-1][0].start_ms):
            lines.append([])
        lines[-1].append(word)
    return [tuple(line) for line in lines]


def voices_of(words: Sequence[Word]) -> list[str]:
    """The voice of each word, without slips; a word without a voice has that of the word before."""
    voice = next((word.voice for word in words if word.voice), "")
    voices = [voice := word.voice or voice for word in words]
    for n in range(1, len(words) - 1):
        is_alone = voices[n - 1] == voices[n + 1] != voices[n]
        is_short = words[n].end_ms - words[n].start_ms < SLIP_MS
        if is_alone and is_short and not ends_sentence(words[n - 1]):
            voices[n] = voices[n - 1]
    return voices


def is_full(line: Sequence[Word], following: Word) -> bool:
    """Whether a line should end before the word that follows."""
    last, length_ms = line[-1], line[-1].end_ms - line[0].start_ms
    if len(line) >= TOO_LONG_WORDS or length_ms >= TOO_LONG_MS:
        return True
    if len(line) >= VERY_LONG_WORDS or length_ms >= VERY_LONG_MS:
        return ends_sentence(last) or ends_clause(last) or following.start_ms - last.end_ms >= PAUSE_MS
    return (len(line) >= LONG_WORDS or length_ms >= LONG_MS) and ends_sentence(last)


def ends_sentence(word: Word) -> bool:
    return word.text.rstrip(CLOSERS).endswith(SENTENCE_ENDS)


def ends_clause(word: Word) -> bool:
    return word.text.rstrip(CLOSERS).endswith(COMMAS)


def voice_of(words: Iterable[Word]) -> str:
    """The voice that says the most of a line; empty where the engine does not tell voices apart."""
    said_ms: Counter[str] = Counter()
    for word in words:
        if word.voice:
            said_ms[word.voice] += max(1, word.end_ms - word.start_ms)
    return commonest(said_ms)


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
        confidence=round(sum(word.confidence for word in words) / len(words), 3),
        language=commonest(Counter(word.language for word in words if word.language)),
        voice=voice_of(words),
        words=[spoken(word) for word in words],
    )


def spoken(word: Word) -> SpokenWord:
    return SpokenWord(text=word.text, start_ms=word.start_ms, end_ms=word.end_ms, confidence=word.confidence)


def commonest(counts: Counter[str]) -> str:
    """Of several, the first that was counted; empty where nothing was."""
    return max(counts, key=counts.__getitem__, default="")

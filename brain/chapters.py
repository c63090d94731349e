"""Long meetings in chapters: what was said a while ago is known by its notes, what was said just now by its words."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.events import ChapterNoted, Line

CHAPTER_WORDS = 1200
"""About eight minutes of talk."""
LONGEST_CHAPTER_WORDS = 1600
PAUSE_MS = 1500
"""A chapter ends at the first pause of this length once it is long enough."""
SETTLED_MS = 20_000
"""Lines that were said so much earlier than the last one have come in by now, and in order."""


def next_chapter(lines: Sequence[Line], noted: Sequence[ChapterNoted]) -> list[Line]:
    """The lines of the next chapter, once it is complete; none until then."""
    open_lines = unnoted(lines, noted)
    if not open_lines:
        return []
    words = 0
    settled_ms = open_lines[-1].end_ms - SETTLED_MS
    for n, line in enumerate(open_lines[:-1]):
        words += words_in(line)
        pause_ms = open_lines[n + 1].start_ms - line.end_ms
        is_end = words >= LONGEST_CHAPTER_WORDS or (words >= CHAPTER_WORDS and pause_ms >= PAUSE_MS)
        if is_end:
            return open_lines[: n + 1] if line.end_ms <= settled_ms else []
    return []


def unnoted(lines: Sequence[Line], noted: Sequence[ChapterNoted]) -> list[Line]:
    known = {line_id for chapter in noted for line_id in chapter.line_ids}
    return [line for line in lines if line.id not in known]


def words_in(line: Line) -> int:
    return len(line.text.split())


@dataclass(frozen=True)
class Material:
    """What a model is shown of a meeting."""

    chapters: Sequence[ChapterNoted]
    """Shown by their notes."""
    shown: frozenset[str]
    """Ids of the lines that are shown word by word."""


def material(lines: Sequence[Line], noted: Sequence[ChapterNoted], most_words: int) -> Material:
    """All words of what is not long; else the oldest chapters by their notes, until half of the words are left."""
    words = {line.id: words_in(line) for line in lines}
    left = sum(words.values())
    chapters: list[ChapterNoted] = []
    for chapter in noted if left > most_words else ():
        inside = [line_id for line_id in chapter.line_ids if line_id in words]
        if len(inside) < len(chapter.line_ids):
            continue  # only a part of it is asked for
        if left <= most_words // 2:
            break
        chapters.append(chapter)
        left -= sum(words[line_id] for line_id in inside)
    hidden = {line_id for chapter in chapters for line_id in chapter.line_ids}
    return Material(chapters, frozenset(words) - hidden)

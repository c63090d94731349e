"""The part of a line that shows why it was found, and how well it fits. Pure."""

import msgspec

from gateway.search.folding import Wanted, Word, words_in

AROUND = 90
"""Characters shown before the first hit and after it."""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of text; `hit` where it is one of the words looked for."""

    text: str
    hit: bool


def fragment_of(text: str, wanted: Wanted) -> list[Piece]:
    """Together the pieces are the line, or a part of it around the first hit, cut between words."""
    words = words_in(text)
    hits = [word for word in words if wanted.is_hit(word.folded)]
    start, end = span_around(words, hits[0] if hits else None, len(text))
    pieces: list[Piece] = []
    at = start
    for hit in (hit for hit in hits if start <= hit.start and hit.end <= end):
        pieces += [Piece(text=text[at : hit.start], hit=False), Piece(text=text[hit.start : hit.end], hit=True)]
        at = hit.end
    pieces.append(Piece(text=text[at:end], hit=False))
    shown = [piece for piece in pieces if piece.text]
    before = [Piece(text="… ", hit=False)] if start else []
    return [*before, *shown, *([Piece(text=" …", hit=False)] if end < len(text) else [])]


def span_around(words: list[Word], hit: Word | None, length: int) -> tuple[int, int]:
    if hit is None or length <= 2 * AROUND:
        return 0, min(length, 2 * AROUND)
    start = min(word.start for word in words if word.start >= hit.start - AROUND)
    end = max(word.end for word in words if word.end <= max(hit.end + AROUND, start + 2 * AROUND))
    return (0 if start <= words[0].start else start), (length if end >= words[-1].end else end)


def fit_of(text: str, query: str, wanted: Wanted) -> float:
    """Higher is better: the very words in a row, whole words, many of them in a short line."""
    said, asked = words_in(text), [word.folded for word in words_in(query)]
    folded = [word.folded for word in said]
    if not folded:
        return 0.0
    in_a_row = any(starts(folded[n:], asked) for n in range(len(folded)))
    hits = sum(wanted.is_hit(word) for word in folded)
    whole = sum(word in folded for word in asked) / max(len(asked), 1)
    return 2.0 * in_a_row + whole + hits / (len(folded) + 10)


def starts(words: list[str], asked: list[str]) -> bool:
    """The last one may be a beginning."""
    if len(words) < len(asked) or words[: len(asked) - 1] != asked[:-1]:
        return False
    return bool(asked) and words[len(asked) - 1].startswith(asked[-1])

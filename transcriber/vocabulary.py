"""Names and terms that are likely to be said in a meeting. Pure."""

import re
from collections.abc import Iterable

WORD = re.compile(r"\w[\w.'’/&+-]*\w|\w")
COMMON_LETTERS = 4
"""A shorter word of a title is kept only where it is written as a name or a number."""


def terms_of(title: str, vocabulary: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """People first, then the list that somebody made, then what stands out of the title. Each once."""
    wanted = [*names, *vocabulary, *(word for word in WORD.findall(title) if is_telling(word))]
    kept: dict[str, str] = {}
    for term in wanted:
        if clean := " ".join(term.split()):
            kept.setdefault(clean.casefold(), clean)
    return tuple(kept.values())


def is_telling(word: str) -> bool:
    return len(word) > COMMON_LETTERS or word[:1].isupper() or any(character.isdigit() for character in word)

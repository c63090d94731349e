"""What counts as the same word: capitals and accents make no difference. Pure."""

import re
import unicodedata

import msgspec

LONGEST = 40
"""Characters of a word that count."""
MOST_WORDS = 8
"""Of a search; more are left out."""
ALONE_SIGNS = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f"
"""Of languages that are written without spaces: each sign is a word."""
MARKS = r"\u0300-\u036f\u0900-\u0963\u0966-\u0dff"
"""Accents that follow their letter, and the signs of Indian scripts, some of which are no letters to Python."""
WORD = re.compile(rf"[{ALONE_SIGNS}]|(?:[^\W_{ALONE_SIGNS}]|[{MARKS}])+(?:['’](?:[^\W_]|[{MARKS}])+)*")
APOSTROPHES = dict.fromkeys(map(ord, "'’"))


class Word(msgspec.Struct, frozen=True):
    """One word of a text: as it is compared, and where it stands."""

    folded: str
    start: int
    end: int


def words_in(text: str) -> list[Word]:
    return [Word(folded, *found.span()) for found in WORD.finditer(text) if (folded := fold(found[0]))]


def fold(text: str) -> str:
    """`Zoë` is `zoe`, `Straße` is `strasse`."""
    if text.isascii():
        return text.lower().replace("'", "")[:LONGEST]
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", bare).translate(APOSTROPHES)[:LONGEST]


class Wanted(msgspec.Struct, frozen=True):
    """What is looked for: whole words, and perhaps the beginning of one more."""

    whole: tuple[str, ...]
    begun: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.whole and not self.begun

    def is_hit(self, word: str) -> bool:
        return word in self.whole or bool(self.begun and word.startswith(self.begun))

    def is_met_by(self, words: set[str]) -> bool:
        begun = not self.begun or any(word.startswith(self.begun) for word in words)
        return begun and all(word in words for word in self.whole)


def wanted_in(query: str) -> Wanted:
    """The last word counts as a beginning while somebody may still be typing it: no space after it, two letters."""
    words = words_in(query)[:MOST_WORDS]
    folded = tuple(dict.fromkeys(word.folded for word in words))
    if not words or words[-1].end < len(query) or len(words[-1].folded) < 2:
        return Wanted(folded)
    begun = words[-1].folded
    return Wanted(tuple(word for word in folded if word != begun), begun)

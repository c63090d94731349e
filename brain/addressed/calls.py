"""Where a sentence calls the assistant: its name at the beginning, at the end or between commas."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from brain.addressed.followups import is_for_the_room, is_question
from brain.addressed.requests import AUXILIARY, OPENERS, is_direct, is_request, is_request_after_bare_name
from brain.addressed.sounds import may_be, resembles

MOST_OPENERS = 3
MOST_PARTS = 3
"""Words that an engine may make of one name."""
CACHED = 20_000
LEAST_WORDS = 4
"""A question after a word that is only like the name must have so many."""
MARKS = ",.:;!?…–—-"
QUOTES = "\"'“”‘’«»"
LEAD_IN = re.compile(
    r"(?:(?:and|so|oh|okay|but|ah|um|uh|well)[,.]? )*"
    r"(?:(?:by the way|excuse me|one (?:more|last|other) (?:thing|question)|quick question|"
    r"before we (?:go|start|move on|continue)|sorry to interrupt|one moment|hang on|hold on|"
    r"got it|i see|let me see|thank you|thanks|in that case|oh yes|while we['’]re at it|before i forget)[,.:!]?\s+)+",
    re.I,
)
MISHEARD_HEY = frozenset("hay eh ay".split())
MAYBE_HEY = frozenset("a ate they".split())
GREETINGS = frozenset("hey hi hello ok okay".split())
TOPIC = re.compile(r"(?:about|on|regarding|concerning|as for|back to|for)\b[^?]{1,60}", re.I)
LISTED = re.compile(r",\s*[A-Z]\w+$")
NAMES_IT = re.compile(r"\b(?:called|named|name|spelled|spell|say|said)$", re.I)
LEADS_TO_QUOTE = re.compile(r"\b(?:say|says|said|ask|asks|asked|type|like|example|this)[,:.]?$", re.I)
AUXILIARIES = re.compile(AUXILIARY)
NOUN_LAST = re.compile(
    r"\b(?:(?:the|our|this|that|my|your)(?: \w+)?(?! (?:new|old|other|same|first|next|whole)$) \w+|it|that|this|up|"
    r"again|today|tomorrow|so far|due)$",
    re.I,
)
"""A question may end so; what comes after is a call also without a comma."""


@dataclass(frozen=True)
class Call:
    """A sentence that begins with the name, or with what may be it."""

    rest: str
    mark: str
    """After the name; shows that it is a call and no subject."""
    is_sure: bool
    """The name by sound, not only a word like it."""
    is_greeted: bool = False


@dataclass(frozen=True)
class Found:
    """The name at one place among words."""

    length: int
    is_sure: bool


class Callsign:
    """The assistant's name among the names of people."""

    def __init__(self, name: str, people: Iterable[str] = ()) -> None:
        self.name = name
        self._own = {part.lower() for part in name.split()}
        self._people: set[str] = set()
        for person in people:
            self.meet(person)

    def meet(self, person: str) -> None:
        """A participant is never taken for the assistant, however the name sounds."""
        if person != self.name:
            self._people |= {part.strip(MARKS).lower() for part in person.split()} - self._own - {""}

    def is_person(self, word: str) -> bool:
        return word.strip(MARKS + QUOTES).lower() in self._people

    def calls_person(self, sentence: str) -> bool:
        """`Tom, could you do that?`, `Could you do that, Tom?`"""
        words = [word for word in sentence.split() if bare(word) not in OPENERS]
        if len(words) < 2:
            return bool(words) and self.is_person(words[0])
        begins = self.is_person(words[0]) and (
            bool(last_mark(words[0])) or is_request_after_bare_name(" ".join(words[1:]))
        )
        return begins or (self.is_person(words[-1]) and words[-2].endswith(","))

    def call_in(self, sentence: str) -> Call | None:
        """The sentence begins with a call; openers may stand before."""
        said = sentence[found.end() :] if (found := LEAD_IN.match(sentence)) else sentence
        words = said.split()
        for n, word in enumerate(words[: MOST_OPENERS + 1]):
            if found_here := self._at(words, n):
                return self._call_at(words, n, found_here)
            if bare(word) not in OPENERS and not (n == 0 and bare(word) in MISHEARD_HEY | MAYBE_HEY):
                return None
        return None

    def is_meant(self, call: Call) -> bool:
        """A call and no subject; what is only like the name must be a call in every other way."""
        rest = call.rest
        if call.is_sure:
            return bool(call.mark) or not rest or is_request_after_bare_name(rest) or self._asks_about_person(rest)
        is_long = len(rest.split()) >= LEAST_WORDS
        return call.mark == "," and is_long and is_direct(rest) and not is_for_the_room(rest)

    def request_around(self, sentence: str) -> str:
        """`What did we decide, Chime?` or `Could you, Chime, sum that up?`"""
        words = sentence.split()
        for n in range(1, len(words)):
            found = self._at(words, n)
            if not found or not found.is_sure or words[n][0] in QUOTES:
                continue
            before, after = " ".join(words[:n]), " ".join(words[n + found.length :])
            mark = last_mark(words[n + found.length - 1])
            request = self._around(before, mark, after) if after else self._before_last(before, mark)
            if request:
                return request
        return ""

    def mentions(self, text: str, *, loosely: bool = False) -> list[int]:
        """Where, in words, something like the name stands."""
        words = text.split()
        found = ((n, self._at(words, n)) for n in range(len(words)))
        return [n for n, here in found if here and (here.is_sure or loosely)]

    def without(self, text: str) -> str:
        """What else was said."""
        words, kept, n = text.split(), list[str](), 0
        while n < len(words):
            found = self._at(words, n)
            kept += [] if found else [words[n]]
            n += found.length if found else 1
        return " ".join(kept)

    def _at(self, words: list[str], n: int) -> Found | None:
        if self.is_person(words[n]):
            return None
        return found_at_start(tuple(words[n : n + max(MOST_PARTS, len(self.name.split()))]), self.name)

    def _call_at(self, words: list[str], n: int, found: Found) -> Call | None:
        if words[n][0] in QUOTES and words[-1][-1] not in QUOTES:
            return None
        rest = " ".join(words[n + found.length :]).lstrip(MARKS + " ")
        rest = rest.rstrip(QUOTES) if words[n][0] in QUOTES else rest
        before, mark = bare(words[n - 1]) if n else "", last_mark(words[n + found.length - 1])
        if rest.lower().startswith("in, "):
            return None if before and before not in GREETINGS else Call(rest[4:], ",", is_sure=False)
        return Call(rest, mark, found.is_sure and before not in MAYBE_HEY, before in GREETINGS | MISHEARD_HEY)

    def _asks_about_person(self, rest: str) -> bool:
        """`Chime is Tom blocked by anything.`"""
        words = rest.split()
        return (
            len(words) > 3 and bool(AUXILIARIES.fullmatch(words[0])) and self.is_person(words[1]) and words[2] != "and"
        )

    def _before_last(self, before: str, mark: str) -> str:
        request = before.rstrip(", ")
        is_called = before.endswith(",") or (mark == "?" and NOUN_LAST.search(before) and is_direct(before))
        if not is_called or LISTED.search(request) or NAMES_IT.search(request):
            return ""
        request += mark if mark in {"?", ".", "!"} else "."
        return request if is_request(request) else ""

    def _around(self, before: str, mark: str, after: str) -> str:
        if not before.endswith(",") or mark != ",":
            return ""
        if TOPIC.fullmatch(before) and is_direct(after) and is_request(after):
            return f"{before} {after}"
        request = f"{before.rstrip(', ')} {after}"
        if is_direct(request):
            return request
        is_aside = not LISTED.search(before[:-1]) and not LEADS_TO_QUOTE.search(before) and not self.is_person(before)
        return after if is_aside and is_question(after) else ""


@lru_cache(maxsize=CACHED)
def found_at_start(words: tuple[str, ...], name: str) -> Found | None:
    """The name at the start of these words. A line is looked through several times, for a call, a request, a wish."""
    for length in range(min(MOST_PARTS, len(words)), 0, -1):
        parts = words[:length]
        if any(last_mark(part) for part in parts[:-1]):
            continue
        if may_be("".join(part.strip(MARKS + QUOTES) for part in parts), name):
            return Found(length, is_sure=True)
    first = name.split()[0] if name.split() else ""
    word = words[0].strip(MARKS + QUOTES)
    if may_be(word, first):
        return Found(length_of(words, name), is_sure=True)
    return Found(1, is_sure=False) if resembles(word, first) else None


def length_of(words: tuple[str, ...], name: str) -> int:
    """With the further words of the name, as far as they were said."""
    length = 1
    for part in name.split()[1:]:
        if length < len(words) and resembles(words[length].strip(MARKS + QUOTES), part):
            length += 1
    return length


def bare(word: str) -> str:
    return word.strip(MARKS + QUOTES).lower()


def last_mark(word: str) -> str:
    """The mark that ends it, if any."""
    end = word.rstrip(QUOTES)[-1:]
    return end if end in MARKS else ""

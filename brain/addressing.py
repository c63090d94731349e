"""Whether a line puts a question to the assistant: its name, as a call, and something that asks.

Lines go in one after the other, a decision comes out for each. Talk about the assistant is not talk to it, and when
in doubt it stays quiet.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from brain.requests import OPENERS, is_preface, is_request, is_request_after_bare_name
from brain.sentences import split
from brain.sounds import may_be
from shared.events import Line

PATIENCE_MS = 4_000
"""After the name alone, the same person's next line within this time is the question."""
MOST_OPENERS = 3
MARKS = ",.:;!?…–—-"
QUOTES = "\"'“”‘’«»"
CALLED_LAST = re.compile(r"(?P<request>.+),\s+(?P<name>\S+?)(?P<mark>[?.!]*)", re.DOTALL)


@dataclass(frozen=True)
class Ask:
    """The line asks the assistant this."""

    question: str


@dataclass(frozen=True)
class WaitForMore:
    """The assistant was called; what the same person says until then, in source time, is the question."""

    until_ms: int


@dataclass(frozen=True)
class Ignore:
    """Not for the assistant."""


Decision = Ask | WaitForMore | Ignore


@dataclass(frozen=True)
class Call:
    """A sentence that begins with the name. A mark after it shows that it is a call and no subject."""

    rest: str
    has_mark: bool


class Addressing:
    """The recent context of one meeting."""

    def __init__(self, name: str = "Chime") -> None:
        self._name = name
        self._called: dict[str, int] = {}
        """Until when, in source time, a speaker who called has the assistant's ear."""

    def consider(self, line: Line) -> Decision:
        """In the order in which lines became final."""
        if line.speaker == self._name:
            return Ignore()
        until_ms = self._called.pop(line.speaker, -1)
        sentences = split(line.text)
        decision = self._by_name(sentences, line)
        if isinstance(decision, Ignore) and line.start_ms <= until_ms:
            decision = decide(sentences, line)
        if isinstance(decision, WaitForMore):
            self._called[line.speaker] = decision.until_ms
        return decision

    def _by_name(self, sentences: Sequence[str], line: Line) -> Decision:
        for n, sentence in enumerate(sentences):
            if request := self._request_before_name(sentence):
                return Ask(request)
            call = self._call_in(sentence)
            if not call:
                continue
            decision = decide([call.rest, *sentences[n + 1 :]], line) if is_call(call) else Ignore()
            if not isinstance(decision, Ignore):
                return decision
        return Ignore()

    def _call_in(self, sentence: str) -> Call | None:
        words = sentence.split()
        for n, word in enumerate(words[: MOST_OPENERS + 1]):
            bare = word.strip(MARKS + QUOTES)
            if may_be(bare, first_word(self._name)):
                return self._call_after(words[n:])
            if bare.lower() not in OPENERS:
                return None
        return None

    def _call_after(self, words: list[str]) -> Call:
        """The name may have more than one word."""
        rest, mark = words[1:], words[0][-1]
        for part in self._name.split()[1:]:
            if rest and rest[0].strip(MARKS).lower() == part.lower():
                mark = rest.pop(0)[-1]
        return Call(" ".join(rest).lstrip(MARKS + " "), mark in MARKS or not rest)

    def _request_before_name(self, sentence: str) -> str:
        """`What did we decide, Chime?`"""
        found = CALLED_LAST.fullmatch(sentence)
        if not found or not may_be(found["name"], first_word(self._name)):
            return ""
        request = found["request"] + (found["mark"] or ".")
        return request if is_request(request) else ""


def first_word(name: str) -> str:
    return name.split()[0] if name.split() else ""


def is_call(call: Call) -> bool:
    return call.has_mark or is_request_after_bare_name(call.rest)


def decide(parts: Sequence[str], line: Line) -> Decision:
    """What was said to the assistant: prefaces, then the question, then perhaps more questions."""
    for n, part in enumerate(parts):
        if is_preface(part):
            continue
        return Ask(" ".join([part, *questions_at_start(parts[n + 1 :])])) if is_request(part) else Ignore()
    return WaitForMore(line.end_ms + PATIENCE_MS)


def questions_at_start(sentences: Sequence[str]) -> list[str]:
    """More questions in one breath belong to the first."""
    count = next((n for n, sentence in enumerate(sentences) if not is_request(sentence)), len(sentences))
    return list(sentences[:count])

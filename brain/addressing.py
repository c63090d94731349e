"""Whether a line puts a question to the assistant: by its name, as a call, and with something that asks.

Lines go in one after the other, a decision comes out for each. Talk about the assistant is not talk to it, and when
in doubt it stays quiet.
"""

import re
from dataclasses import dataclass

from brain.sentences import split
from brain.sounds import may_be
from shared.events import Line

PATIENCE_MS = 4_000
"""After the name alone, the same person's next line within this time is the question."""


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

WORD = r"[^\W\d_]+(?:[-'’][^\W\d_]+)*"
OPENERS = frozenset(
    "hey hi hello ok okay so and now then well um uh oh ah right alright great good perfect nice yes yeah but sorry please "
    "thanks morning cool fine".split()
)
"""May stand before the name in a call."""
CALL = re.compile(rf"(?:(?P<before>(?:{WORD}[,.!]?\s+){{0,3}}?))(?P<name>{WORD})(?P<mark>\s*[,:;!?.–—-]*)(?:\s+|$)(?P<rest>.*)", re.DOTALL)
CALL_AT_END = re.compile(rf"(?P<rest>.+?),\s*(?P<name>{WORD})\s*(?P<mark>[?.!]*)$", re.DOTALL)

AUXILIARY = "is|are|was|were|do|does|did|can|could|will|would|should|shall|has|have|had|may|might|am|isn't|aren't|didn't|don't|doesn't"
SUBJECT = (
    "i|we|you|he|she|it|they|there|this|that|these|those|the|a|an|our|your|my|his|her|their|any|anyone|anybody|"
    "someone|somebody|everyone|everybody|all|one"
)
IMPERATIVE = (
    "tell|remind|give|list|summari[sz]e|recap|repeat|read|show|explain|describe|name|say|check|find|look up|help|"
    "answer|brief|catch (?:me|us) up|sum up|go over|walk (?:me|us) through|quote|count"
)
WH = r"what|when|where|why|how|who|whom|whose|which"
REQUEST = re.compile(
    rf"(?:please\s+|and\s+|so\s+|just\s+)*(?:"
    rf"(?:{WH})(?:'s|’s|'re|’re)?\b|"
    rf"(?:{AUXILIARY})\s+(?:{SUBJECT})\b|"
    rf"(?:{IMPERATIVE})\b|"
    rf"(?:i|we)(?:'d|’d| would)? (?:like|want|need) to (?:know|hear)\b|"
    rf"do you (?:know|remember)\b)",
    re.IGNORECASE,
)
PREFACE = re.compile(
    r"^(?:(?:a|one|another|quick|short|i have an?|we have an?|i've got an?|got an?|just an?) )*question(?: for you)?\W*$|"
    r"^(?:are you (?:there|listening|with us)|can you hear (?:me|us)|can i ask you (?:something|a question)|um|uh|so|hey)\W*$",
    re.IGNORECASE,
)
"""Announces a question and is none."""


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
        until_ms = self._called.pop(line.speaker, None)
        decision = self._weigh(line, is_expected=until_ms is not None and line.start_ms <= until_ms)
        if isinstance(decision, WaitForMore):
            self._called[line.speaker] = decision.until_ms
        return decision

    def _weigh(self, line: Line, *, is_expected: bool) -> Decision:
        sentences = split(line.text)
        for n, sentence in enumerate(sentences):
            called = self._call_in(sentence)
            if called is not None:
                return decide([called, *sentences[n + 1 :]], line)
        if is_expected:
            question = question_in(sentences)
            return Ask(question) if question else Ignore()
        return Ignore()

    def _call_in(self, sentence: str) -> str | None:
        """What is said to the assistant in a sentence that calls it; empty for the name alone."""
        found = CALL.fullmatch(sentence)
        while found and not self._is_call(found):
            found = longer_opening(sentence, found)
        if found:
            return found["rest"]
        at_end = CALL_AT_END.fullmatch(sentence)
        if at_end and may_be(at_end["name"], self._name) and is_request(at_end["rest"] + at_end["mark"]):
            return at_end["rest"] + (at_end["mark"] or ".")
        return None

"""Whether a line puts a question to the assistant: its name, as a call, and something that asks; then, for a while,
something that asks.

Lines go in one after the other, a decision comes out for each. Talk about the assistant is not talk to it, and when
in doubt it stays quiet.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from brain.addressed.calls import LEADS_TO_QUOTE, Callsign, bare
from brain.addressed.exchanges import Exchange
from brain.addressed.followups import (
    adds_to,
    continues,
    ends_exchange,
    is_closing,
    is_follow_up,
    is_question,
    repeats,
    says_little,
)
from brain.addressed.requests import OPENERS, is_cut_off, is_direct, is_preface, is_request
from brain.sentences import split
from shared.events import Line

PATIENCE_MS = 4_000
"""After the name alone, or half a question, the same person's next line within this time is the question."""
EVERYONE = "everyone"
ABOUT_IT = frozenset("ask asked told tell says said that the about a if whether with and or think thinks of".split())
"""Before the name these make it what is talked about."""
STATES = re.compile(r"(?:i|we|you|it|he|she|they|that|this|here|there|let|my|our)(?:['’]\w+)?\b", re.I)


@dataclass(frozen=True)
class Ask:
    """This was asked of the assistant."""

    question: str


@dataclass(frozen=True)
class Amend:
    """The question that was just asked, with more that the same person says; to be put in its place, or left."""

    question: str


@dataclass(frozen=True)
class WaitForMore:
    """The assistant was called; what the same person says until then, in source time, is the question."""

    until_ms: int
    so_far: str = ""
    """A question that the engine cut."""


@dataclass(frozen=True)
class Ignore:
    """Not for the assistant."""


Decision = Ask | Amend | WaitForMore | Ignore


class Addressing:
    """The recent context of one meeting, in source time."""

    def __init__(self, name: str = "Chime", people: Iterable[str] = ()) -> None:
        self._sign = Callsign(name, people)
        self._exchanges: dict[str, Exchange] = {}
        self._last_asker = ""

    def meet(self, person: str) -> None:
        """A participant joined, or goes by this name from now on."""
        self._sign.meet(person)

    def consider(self, line: Line) -> Decision:
        """In the order in which lines became final. The assistant's own lines are answers to who asked last."""
        if line.speaker == self._sign.name:
            self.answered(self._last_asker, line.end_ms)
            return Ignore()
        exchange = self._exchange(line.speaker)
        decision = self._decide(line, exchange)
        exchange.stop_waiting()
        match decision:
            case Ask(question) | Amend(question):
                exchange.asked(question, line.end_ms)
                self._last_asker = line.speaker
            case WaitForMore(until_ms, so_far):
                exchange.called(until_ms, so_far)
            case Ignore():
                self._note_talk(line, exchange)
        exchange.heard(line.text, line.end_ms)
        return decision

    def answered(self, speaker: str, at_ms: int) -> None:
        """The answer to this speaker ended then: the next question needs no name."""
        if speaker in self._exchanges:
            self._exchanges[speaker].answered(at_ms)

    def lapsed(self, speaker: str) -> Ask | Ignore:
        """Nothing more came in the time of WaitForMore: what there is of the question, if it can stand alone."""
        exchange = self._exchange(speaker)
        question = exchange.so_far
        exchange.stop_waiting()
        if not is_request(question) or is_cut_off(f"{question}?"):
            return Ignore()
        exchange.asked(question, exchange.heard_ms)
        self._last_asker = speaker
        return Ask(question)

    def chat(self, name: str, text: str, to: str = EVERYONE) -> Ask | Ignore:
        """What is written to the assistant alone, or with its name and an @, needs no further sign."""
        words = text.split()
        if not words or name == self._sign.name:
            return Ignore()
        is_tagged = any(word.startswith("@") and self._sign.mentions(word) for word in (words[0], words[-1]))
        if to == EVERYONE and not is_tagged:
            decision = self._by_name(split(text), written(name, text), Exchange())
            return decision if isinstance(decision, Ask) else Ignore()
        said = self._sign.without(text).lstrip(" ,.:;!?–—-")
        if not said or says_little(said) or is_closing(said) or (STATES.match(said) and not is_direct(said)):
            return Ignore()
        return Ask(said)

    def may_concern(self, text: str, speaker: str = "", start_ms: int = 0) -> bool:
        """Of an interim caption: somebody may be about to ask. Wrong rather too often than too seldom."""
        words = text.split()
        if any(not n or bare(words[n - 1]) not in ABOUT_IT for n in self._sign.mentions(text)):
            return True
        begins = next((n for n, word in enumerate(words) if bare(word) not in OPENERS), 0)
        exchange = self._exchanges.get(speaker, Exchange())
        is_listening = exchange.is_waiting(start_ms) or (exchange.is_open(start_ms) and is_direct(text))
        return is_listening or begins in self._sign.mentions(text, loosely=True)

    def _exchange(self, speaker: str) -> Exchange:
        return self._exchanges.setdefault(speaker, Exchange())

    def _decide(self, line: Line, exchange: Exchange) -> Decision:
        sentences = split(line.text)
        decision = self._by_name(sentences, line, exchange)
        if isinstance(decision, Ignore) and exchange.is_waiting(line.start_ms):
            decision = decide(joined(exchange.so_far, sentences), line.end_ms)
        if isinstance(decision, Ignore):
            decision = self._without_name(sentences, line, exchange)
        return once(decision, exchange, line.start_ms)

    def _by_name(self, sentences: Sequence[str], line: Line, exchange: Exchange) -> Decision:
        before = exchange.last_said if exchange.is_in_one_breath(line.start_ms) else ""
        for n, sentence in enumerate(sentences):
            call = self._sign.call_in(sentence)
            if call and self._sign.is_meant(call) and not LEADS_TO_QUOTE.search(before):
                thanks = self._sign.without(sentence)
                rest = thanks if ends_exchange(thanks) else call.rest
                decision = decide([rest, *sentences[n + 1 :]], line.end_ms)
                if isinstance(decision, WaitForMore) and not call.is_greeted and is_question(before):
                    return Ask(before)
                if not isinstance(decision, Ignore):
                    return decision
            elif request := self._sign.request_around(sentence):
                return decide([request], line.end_ms)
            before = sentence
        return Ignore()

    def _without_name(self, sentences: Sequence[str], line: Line, exchange: Exchange) -> Decision:
        """More of the question just asked, or a further one after the answer."""
        is_at_once = exchange.is_pending(line.start_ms) and exchange.is_in_one_breath(line.start_ms)
        if is_at_once and continues(line.text, exchange.question):
            return Amend(f"{exchange.question.rstrip('.?! ')} {line.text}")
        if not exchange.is_open(line.start_ms) or self._sign.mentions(line.text):
            return Ignore()
        rest = list(sentences)
        while rest and says_little(rest[0]):
            rest.pop(0)
        has_moved_on = exchange.has_moved_on
        while len(rest) > 1 and not is_direct(rest[0]):
            rest.pop(0)
            has_moved_on = True
        if not rest or self._sign.calls_person(rest[0]) or not is_follow_up(rest[0], has_moved_on=has_moved_on):
            return Ignore()
        return decide(rest, line.end_ms)

    def _note_talk(self, line: Line, exchange: Exchange) -> None:
        """Said to the others: whom it concerned is not with the assistant any more."""
        said = self._sign.without(line.text)
        if ends_exchange(said) or self._sign.calls_person(line.text):
            exchange.close()
        exchange.has_moved_on = True
        if says_little(said) or ends_exchange(said):
            return
        for other in self._exchanges.values():
            if other is not exchange:
                other.interrupted(line.start_ms)


def written(name: str, text: str) -> Line:
    return Line(id="", track="", speaker=name, start_ms=0, end_ms=0, text=text)


def decide(parts: Sequence[str], end_ms: int) -> Decision:
    """What was said to the assistant: prefaces and thanks, then the question, then perhaps more questions."""
    has_thanked = False
    for n, part in enumerate(parts):
        if is_preface(part):
            continue
        if is_closing(part):
            has_thanked = True
            continue
        if n == len(parts) - 1 and is_cut_off(part):
            return WaitForMore(end_ms + PATIENCE_MS, part)
        rest = parts[n + 1 :]
        if is_request(part):
            return Ask(" ".join([part, *questions_at_start(rest)]))
        return Ask(f"{part} {rest[0]}") if rest and is_follow_up(rest[0]) else Ignore()
    return Ignore() if has_thanked else WaitForMore(end_ms + PATIENCE_MS)


def questions_at_start(sentences: Sequence[str]) -> list[str]:
    """More questions in one breath belong to the first."""
    count = next((n for n, sentence in enumerate(sentences) if not is_request(sentence)), len(sentences))
    return list(sentences[:count])


def joined(so_far: str, sentences: Sequence[str]) -> list[str]:
    """The second half of a question after its first; or the question from its beginning again."""
    begun_again = bool(so_far) and bool(sentences) and sentences[0].lower().split()[:2] == so_far.lower().split()[:2]
    if not so_far or not sentences or begun_again or is_preface(sentences[0]):
        return list(sentences)
    return [f"{so_far.rstrip(' .,;:!?…–—-')} {sentences[0]}", *sentences[1:]]


def once(decision: Decision, exchange: Exchange, at_ms: int) -> Decision:
    """The same question again, while there is no answer, is not another one."""
    if not isinstance(decision, Ask) or not exchange.is_pending(at_ms):
        return decision
    if not repeats(decision.question, exchange.question):
        return decision
    return Amend(decision.question) if adds_to(decision.question, exchange.question) else Ignore()

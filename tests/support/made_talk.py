"""Made meetings: who says which words, how the platform notices it, and how a diarizing engine hears it."""

import random
from dataclasses import dataclass, field

from talk import Person, off, on

from shared.events import Event, LineHeard
from transcriber.lines import cut, line_of, voice_of
from transcriber.ports import Word
from transcriber.speakers import SpeakerBook

PEOPLE: tuple[Person, ...] = (("p1", "Maya"), ("p2", "Tom"), ("p3", "Elena"), ("p4", "Daniel"))
LAG_MS, DELIVERY_MS, PAUSE_MS = 300, 2000, 300


@dataclass
class MadeTalk:
    """`labels_wrong`, `overlapping`, `missed`: shares of words, turns, and stops."""

    seed: int
    until_ms: int
    labels_wrong: float = 0.03
    overlapping: float = 0.05
    missed: float = 0.0
    facts: list[tuple[int, Event]] = field(default_factory=list)
    """The platform's, with when they arrive."""
    words: list[tuple[Word, Person]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        at_ms, before_ms, person = 1000, 0, PEOPLE[0]
        while at_ms < self.until_ms:
            person = self._chance.choice([other for other in PEOPLE if other != person])
            end_ms = self._speak(person, at_ms)
            is_overlapped = self._chance.random() < self.overlapping
            pause_ms = -self._chance.randint(300, 2000) if is_overlapped else self._chance.randint(0, 900)
            at_ms, before_ms = max(end_ms + pause_ms, before_ms + 2 * LAG_MS, at_ms + 2 * LAG_MS), end_ms
        self.words.sort(key=lambda said: said[0].start_ms)
        self.facts.sort(key=lambda arrival: arrival[0])

    def results(self) -> list[tuple[int, list[tuple[Word, Person]]]]:
        """The engine's final results with when they arrive: what is said without a pause."""
        results: list[tuple[int, list[tuple[Word, Person]]]] = []
        end_ms = -PAUSE_MS
        for word, person in self.words:
            if word.start_ms - end_ms >= PAUSE_MS:
                results.append((0, []))
            end_ms = max(end_ms, word.end_ms)
            results[-1] = (end_ms + 600, [*results[-1][1], (word, person)])
        return results

    def _speak(self, person: Person, start_ms: int) -> int:
        at_ms = start_ms
        count = max(1, int(self._chance.expovariate(1 / 18)))
        for n in range(count):
            is_wrong = self._chance.random() < self.labels_wrong
            heard = self._chance.choice([other for other in PEOPLE if other != person]) if is_wrong else person
            end_ms = at_ms + self._chance.randint(120, 480)
            text = "word." if n == count - 1 else "word"
            self.words.append((Word(text, at_ms, end_ms, voice=f"c1-{PEOPLE.index(heard)}"), person))
            at_ms = end_ms + self._chance.choice([0, 20, 50])
        on_ms = start_ms + self._chance.randint(0, LAG_MS)
        self._notice(on(person, on_ms))
        if self._chance.random() >= self.missed:
            self._notice(off(person, max(on_ms + 1, end_ms + self._chance.randint(0, LAG_MS))))
        return end_ms

    def _notice(self, fact: Event) -> None:
        self.facts.append((fact.source_ms + self._chance.randint(50, DELIVERY_MS), fact))


def lines_of(book: SpeakerBook, words: list[Word]) -> list[LineHeard]:
    """What the transcriber would write of a final result."""
    lines = []
    for group in cut(words):
        person = book.who(group[0].start_ms, group[-1].end_ms, voice_of(group))
        line = line_of("mixed", group, *person)
        lines.append(LineHeard(id="e", meeting_id="m", at=0, line=line))
    return lines

"""Corrections of lines whose speaker turns out to be another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_talk import MadeTalk, lines_of
from talk import (
    ELENA,
    MAYA,
    NOBODY,
    TOM,
    Person,
    book_of,
    corrected,
    ended,
    feed,
    known,
    line,
    off,
    on,
    passed,
    renamed,
    turn,
)

from shared.events import Event, LineHeard, SpeakerCorrected
from transcriber.hindsight import KEPT_LINES, LATE_MS
from transcriber.speakers import KEEP_MS, Correction, SpeakerBook

A, B = "c7-0", "c7-1"
UNNAMED = line(NOBODY, 0, 3000, A)
GUESSED = (*turn(MAYA, 0, 5000), *turn(TOM, 0, 5000), line(TOM, 0, 3000, A))
NEARLY_TOM = (*turn(TOM, 0, 3000), *turn(MAYA, 2800, 3200), line(TOM, 0, 3000, A))
TOLD_LATE = (on(MAYA, -9000), line(MAYA, 0, 3000), off(MAYA, 50), on(TOM, 100))
LATER = passed(3000 + LATE_MS)
MINUTE = 60_000

Situation = tuple[str, tuple[Event, ...], list[tuple[str, Person]]]

CORRECTED: list[Situation] = [
    ("nobody is known", (UNNAMED, LATER), []),
    ("a voice becomes known", (UNNAMED, *known(MAYA, A, MINUTE)), [("mixed-0", MAYA)]),
    ("a voice becomes known, but too little of it", (UNNAMED, *known(MAYA, A, MINUTE, 2900)), []),
    ("bit by bit", (UNNAMED, *known(MAYA, A, 10_000, 2000), *known(MAYA, A, 20_000, 2000)), [("mixed-0", MAYA)]),
    ("another voice becomes known", (UNNAMED, *known(MAYA, B, MINUTE)), []),
    ("a voice of two people", (UNNAMED, *known(MAYA, A, MINUTE, 2500), *known(TOM, A, 2 * MINUTE)), []),
    ("a guess was wrong", (*GUESSED, *known(MAYA, A, MINUTE)), [("mixed-0", MAYA)]),
    ("a guess was right", (*GUESSED, *known(TOM, A, MINUTE)), []),
    ("what was certain stays", (*turn(TOM, 0, 3000), line(TOM, 0, 3000, A), *known(MAYA, A, MINUTE, 20_000)), []),
    ("what was nearly certain stays too", (*NEARLY_TOM, LATER, *known(MAYA, A, MINUTE, 20_000)), []),
    ("long ago", (UNNAMED, *known(MAYA, A, KEEP_MS + 3000)), []),
    ("almost long ago", (UNNAMED, *known(MAYA, A, KEEP_MS - 4000)), [("mixed-0", MAYA)]),
    ("a start is told late", (UNNAMED, on(MAYA, 200)), [("mixed-0", MAYA)]),
    ("a start is told very late", (UNNAMED, passed(MINUTE), *turn(MAYA, 200, 3200)), [("mixed-0", MAYA)]),
    ("a start just after the line is told late", (line(NOBODY, 0, 3000), LATER, on(MAYA, 3200)), [("mixed-0", MAYA)]),
    ("a line comes late", (*turn(TOM, 0, 3200), passed(MINUTE), line(MAYA, 0, 3000)), [("mixed-0", TOM)]),
    ("a start after the line", (UNNAMED, on(MAYA, 3400)), []),
    ("a stop is told before its start", (UNNAMED, off(MAYA, 3100), on(MAYA, 200)), [("mixed-0", MAYA)]),
    ("two starts are told late", (line(NOBODY, 0, 3000), on(MAYA, 2000), on(TOM, 1900), LATER), [("mixed-0", MAYA)]),
    ("a change is told late", (*TOLD_LATE, LATER), [("mixed-0", TOM)]),
    ("a change is told late, and more may come", TOLD_LATE, []),
    ("a late change, and the audio ends", (line(MAYA, 0, 3000), on(TOM, 100), ended(3000)), [("mixed-0", TOM)]),
    ("another's start is told late", (on(MAYA, 0), line(MAYA, 0, 3000), on(TOM, 1000), LATER), []),
    ("by the name of today", (UNNAMED, renamed("p1", "Lin"), on(MAYA, 200)), [("mixed-0", ("p1", "Lin"))]),
    ("the same person by another name", (on(MAYA, 0), line(MAYA, 0, 3000), renamed("p1", "Lin"), LATER), []),
    ("a track of one's own", (line(NOBODY, 0, 3000, A, track="p9"), on(MAYA, 0), LATER), []),
    ("it was corrected before", (UNNAMED, on(MAYA, 200), corrected(Correction("mixed-0", *MAYA)), LATER), []),
    ("it was corrected otherwise", (UNNAMED, corrected(Correction("mixed-0", *TOM)), on(MAYA, 200), LATER), []),
    ("a line that nobody knows is corrected", (corrected(Correction("mixed-9", *TOM)), UNNAMED, LATER), []),
]


@pytest.mark.parametrize("situation", CORRECTED, ids=lambda situation: situation[0])
def test_what_is_corrected(situation: Situation) -> None:
    _, facts, expected = situation
    assert book_of(*facts).corrections() == tuple(Correction(line_id, *person) for line_id, person in expected)


def test_a_correction_is_handed_out_once() -> None:
    book = book_of(UNNAMED, on(MAYA, 200))
    assert (len(book.corrections()), book.corrections()) == (1, ())


def test_a_line_is_corrected_once_whatever_comes_later() -> None:
    book = book_of(*GUESSED, *known(MAYA, A, 10_000))
    first = book.corrections()
    feed(book, [corrected(first[0]), *known(TOM, A, MINUTE, 120_000), passed(4 * MINUTE)])
    assert book.who(4 * MINUTE, 4 * MINUTE + 900, A) == TOM
    assert ([line_id for line_id, *_ in first], book.corrections()) == (["mixed-0"], ())


def test_all_lines_of_a_voice_are_corrected_together_and_no_others() -> None:
    unnamed = [line(NOBODY, n * 1000, n * 1000 + 900, voice) for n, voice in enumerate([A, B, A, "", A])]
    book = book_of(*unnamed, *known(ELENA, A, MINUTE))
    assert book.corrections() == tuple(Correction(f"mixed-{ms}", *ELENA) for ms in (0, 2000, 4000))


def test_no_more_lines_are_kept_than_are_worth_it() -> None:
    unnamed = [line(NOBODY, n * 100, n * 100 + 90, A) for n in range(2 * KEPT_LINES)]
    book = book_of(*unnamed, *known(ELENA, A, MINUTE + 2 * KEPT_LINES * 100))
    corrections = book.corrections()
    assert len(corrections) <= KEPT_LINES
    assert corrections[-1].line_id == unnamed[-1].line.id


# -- whoever continues ---------------------------------------------------------------------------------------------

PEOPLE = (MAYA, TOM)
MOMENTS = st.integers(0, 40).map(lambda n: n * 500)
VOICES = st.sampled_from([A, B, ""])
STEPS = st.one_of(
    st.builds(on, st.sampled_from(PEOPLE), MOMENTS),
    st.builds(off, st.sampled_from(PEOPLE), MOMENTS),
    st.builds(renamed, st.just("p1"), st.sampled_from(["Maya", "Lin"])),
    st.tuples(MOMENTS, st.sampled_from([500, 4000]), VOICES),
    st.just("write corrections"),
    st.just("read on"),
)


class Worker:
    """A transcriber's book beside its timeline: it hears of its own facts when it reads on."""

    def __init__(self) -> None:
        self.book, self.timeline, self._read = SpeakerBook(), list[Event](), 0
        self._said: set[int] = set()

    def step(self, step: Event | tuple[int, int, str] | str) -> None:
        if step == "read on":
            feed(self.book, self.timeline[self._read :])
            self._read = len(self.timeline)
        elif step == "write corrections":
            self.timeline += map(corrected, self.book.corrections())
        elif isinstance(step, tuple):
            self._say(*step)
        else:
            self.timeline.append(step)

    def _say(self, start_ms: int, length_ms: int, voice: str) -> None:
        if start_ms not in self._said:
            self._said.add(start_ms)
            person = self.book.who(start_ms, start_ms + length_ms, voice)
            self.timeline.append(line(person, start_ms, start_ms + length_ms, voice))


def opinions_of(book: SpeakerBook) -> list[Person]:
    return [book.who(ms, ms + 900, voice) for ms in range(0, 20_000, 500) for voice in (A, B, "")]


@given(st.lists(STEPS, max_size=60), st.lists(STEPS, max_size=20))
def test_whoever_reads_the_timeline_knows_the_same_and_corrects_the_rest(before: list, after: list) -> None:
    worker = Worker()
    for step in [*before, "read on"]:
        worker.step(step)
    successor = book_of(*worker.timeline)
    outstanding = worker.book.corrections()
    assert successor.corrections() == outstanding
    later = [*map(corrected, outstanding), *(step for step in after if isinstance(step, Event))]
    for book in (worker.book, successor):
        feed(book, later)
    assert worker.book.corrections() == successor.corrections()
    assert opinions_of(worker.book) == opinions_of(successor)


@given(st.lists(STEPS, max_size=80))
def test_no_line_is_corrected_twice_or_to_what_it_is(steps: list) -> None:
    worker = Worker()
    for step in steps:
        worker.step(step)
        if step == "read on":
            worker.step("write corrections")
    named: dict[str, str] = {}
    for fact in worker.timeline:
        if isinstance(fact, LineHeard):
            named[fact.line.id] = fact.line.participant_id
        elif isinstance(fact, SpeakerCorrected):
            assert named.pop(fact.line_id) != fact.participant_id


# -- how well ------------------------------------------------------------------------------------------------------


def right_of(talk: MadeTalk) -> tuple[float, float]:
    """The share of words that have the right name when they are committed, and at the end."""
    book, names, truth = SpeakerBook(), dict[str, str](), list[tuple[str, Person]]()
    arrivals = sorted([*talk.facts, *talk.results()], key=lambda arrival: arrival[0])
    first: dict[str, str] = {}
    for _, came in [*arrivals, (0, ended(talk.until_ms + MINUTE))]:
        if isinstance(came, list):
            lines = lines_of(book, [word for word, _ in came])
            first |= {heard.line.id: heard.line.participant_id for heard in lines}
            owners = [heard.line.id for heard in lines for _ in heard.line.words]
            truth += zip(owners, [person for _, person in came], strict=True)
            feed(book, lines)
        else:
            book.note(came)
        names |= {correction.line_id: correction.participant_id for correction in book.corrections()}
    at_last = first | names
    return tuple(sum(told[line_id] == one[0] for line_id, one in truth) / len(truth) for told in (first, at_last))


@pytest.mark.parametrize("seed", range(3))
def test_nearly_all_words_of_a_meeting_of_four_get_the_right_name(seed: int) -> None:
    committed, at_last = right_of(MadeTalk(seed, 20 * MINUTE))
    assert at_last >= 0.98
    assert at_last > committed


def test_missed_stops_and_more_talking_at_once_do_little_harm() -> None:
    _, at_last = right_of(MadeTalk(7, 20 * MINUTE, overlapping=0.1, missed=0.05))
    assert at_last >= 0.96

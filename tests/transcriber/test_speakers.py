"""Names for what is said on a mixed track."""

import pytest
from talk import ELENA, MAYA, NOBODY, TOM, Person, book_of, joined, known, line, off, on, passed, renamed, turn

from shared.events import AudioEnded, Event, WordsErased
from transcriber.speakers import KEEP_MS, SpeakerBook
from transcriber.turns import TRUST_MS

SECOND, LIN, PHONE = ("", "Speaker 2"), ("p1", "Dr. Lin"), ("300", "Participant 300")
LONG_MS = KEEP_MS + 5000
A, B = "c7-0", "c7-1"
MAYA_IS_A = known(MAYA, A, -60_000)
TOM_IS_B = known(TOM, B, -50_000)
BOTH_KNOWN = (*MAYA_IS_A, *TOM_IS_B)
A_IS_BOTH = (*known(MAYA, A, -80_000, 8000), *known(TOM, A, -60_000, 8000))

Situation = tuple[str, tuple[Event, ...], tuple[int, int, str], Person]

FLAGS: list[Situation] = [
    ("nobody was ever flagged", (), (0, 1000, ""), NOBODY),
    ("the only one who spoke", (*turn(MAYA, 0, 5000), *turn(TOM, 6000, 9000)), (1000, 4000, ""), MAYA),
    ("who still speaks has spoken until now", (on(MAYA, 0),), (1000, 4000, ""), MAYA),
    ("of two the longer overlap wins", (*turn(MAYA, 0, 5000), *turn(TOM, 3000, 9000)), (1000, 5000, ""), MAYA),
    ("a late stop takes no short reply", (*turn(MAYA, 0, 1290), *turn(TOM, 1350, 1800)), (1000, 1500, ""), TOM),
    ("a turn noticed after a short word names it", turn(MAYA, 1200, 2000), (900, 1100, ""), MAYA),
    ("a turn that ended just before names it", turn(MAYA, 0, 1000), (1200, 1400, ""), MAYA),
    ("a turn far away names nothing", turn(MAYA, 2000, 3000), (900, 1100, ""), NOBODY),
    ("a missed stop takes no turn", (on(MAYA, 0), *turn(TOM, 60_000, 64_000)), (60_100, 63_900, ""), TOM),
    ("a short remark takes no turn", (*turn(MAYA, 0, 10_000), *turn(TOM, 4000, 4500)), (0, 10_000, ""), MAYA),
    ("a start told twice is one turn", (on(MAYA, 0), on(MAYA, 0), off(MAYA, 1000)), (2000, 3000, ""), NOBODY),
    ("a second start ends nothing", (on(MAYA, 0), on(MAYA, 500), off(MAYA, 1000)), (100, 900, ""), MAYA),
    ("a stop without a start is ignored", (off(MAYA, 1000),), (0, 1000, ""), NOBODY),
    ("a stop told before its start ends it", (off(MAYA, 1000), on(MAYA, 0)), (2000, 3000, ""), NOBODY),
    ("turns told in the wrong order", (*turn(TOM, 5000, 9000), *turn(MAYA, 0, 4000)), (500, 3500, ""), MAYA),
    ("turns of one person add up", (*turn(MAYA, 0, 2000), *turn(MAYA, 2500, 5000), on(TOM, 2900)), (0, 5000, ""), MAYA),
    ("alternating: the first", (*turn(MAYA, 0, 3000), *turn(TOM, 3200, 6000)), (0, 2900, ""), MAYA),
    ("alternating: the second", (*turn(MAYA, 0, 3000), *turn(TOM, 3200, 6000)), (3000, 5900, ""), TOM),
    ("alternating: the third", (*turn(MAYA, 0, 3000), *turn(TOM, 3200, 6000), on(MAYA, 6100)), (6000, 9000, ""), MAYA),
    ("old turns are forgotten", (*turn(MAYA, 0, 1000), on(TOM, KEEP_MS + 1001)), (0, 1000, ""), NOBODY),
    ("a turn that still goes on is not", (on(MAYA, 0), passed(LONG_MS)), (KEEP_MS, LONG_MS, ""), MAYA),
]

VOICES: list[Situation] = [
    ("a flag alone names a new voice", turn(MAYA, 0, 5000), (500, 4500, A), MAYA),
    ("two at once: the voice decides", (*MAYA_IS_A, *turn(MAYA, 0, 5000), *turn(TOM, 0, 5000)), (500, 4500, A), MAYA),
    ("two at once: the other voice", (*BOTH_KNOWN, on(MAYA, 0), on(TOM, 0)), (500, 4500, B), TOM),
    ("two at once, new voices: the overlap", (*turn(MAYA, 0, 5000), *turn(TOM, 3500, 5000)), (0, 5000, A), MAYA),
    ("a voice outweighs overlap", (*MAYA_IS_A, *turn(TOM, 0, 5000), *turn(MAYA, 3500, 5000)), (0, 5000, A), MAYA),
    ("one word thrown in", (*BOTH_KNOWN, *turn(MAYA, 0, 9000), *turn(TOM, 4100, 4700)), (4000, 4300, B), TOM),
    ("what goes on around it", (*BOTH_KNOWN, *turn(MAYA, 0, 9000), *turn(TOM, 4100, 4700)), (4300, 9000, A), MAYA),
    ("a new voice throws a word in", (*MAYA_IS_A, *turn(MAYA, 0, 9000), *turn(TOM, 4100, 4700)), (4000, 4300, B), TOM),
    ("a murmur of assent that nobody noticed", (*TOM_IS_B, *turn(MAYA, 0, 9000)), (4000, 4300, B), MAYA),
    ("a false flag all the time", (*MAYA_IS_A, on(TOM, -30_000), *turn(MAYA, 0, 5000)), (500, 4500, A), MAYA),
    ("a false flag during long talk", (*MAYA_IS_A, on(MAYA, 0), on(TOM, 40_000)), (40_000, 43_000, A), MAYA),
    ("a false flag, and the true one is missing", (*MAYA_IS_A, *turn(TOM, 0, 1000)), (0, 5000, A), MAYA),
    ("a false flag covers all, the true one is missing", (*MAYA_IS_A, *turn(TOM, 0, 5000)), (0, 5000, A), TOM),
    ("a missed stop and another's voice", (*TOM_IS_B, on(MAYA, 0), *turn(TOM, 9000, 12_000)), (9000, 12_000, B), TOM),
    ("a missed stop, nothing else noticed", (*TOM_IS_B, on(MAYA, 0)), (TRUST_MS, TRUST_MS + 4000, B), TOM),
    ("nobody flagged: a known voice", BOTH_KNOWN, (0, 3000, B), TOM),
    ("nobody flagged: a voice known too little", known(MAYA, A, -60_000, 2900), (0, 3000, A), NOBODY),
    ("nobody flagged: two people in one voice", A_IS_BOTH, (0, 3000, A), NOBODY),
    ("two people in one voice: the flag names the one", (*A_IS_BOTH, *turn(MAYA, 0, 5000)), (0, 5000, A), MAYA),
    ("two people in one voice: the flag names the other", (*A_IS_BOTH, *turn(TOM, 0, 5000)), (0, 5000, A), TOM),
    ("two people in one voice, a third flagged", (*A_IS_BOTH, on(MAYA, 0), on(ELENA, 500)), (0, 4000, A), MAYA),
    ("one person with two voices: the first", (*MAYA_IS_A, *known(MAYA, B, -50_000)), (0, 3000, A), MAYA),
    ("one person with two voices: the second", (*MAYA_IS_A, *known(MAYA, B, -50_000)), (0, 3000, B), MAYA),
    ("after a reconnect: a new label has no history", MAYA_IS_A, (0, 3000, "c8-0"), SECOND),
    ("after a reconnect: flags name it", (*MAYA_IS_A, *turn(TOM, 0, 4000)), (0, 4000, "c8-0"), TOM),
    ("after a reconnect: it is known anew", (*MAYA_IS_A, *known(TOM, "c8-0", -40_000)), (0, 3000, "c8-0"), TOM),
    ("nobody flagged and no voice", BOTH_KNOWN, (0, 3000, ""), NOBODY),
]

NAMES: list[Situation] = [
    ("renamed before speaking", (joined("p1", "Maya"), renamed("p1", "Dr. Lin"), on(MAYA, 0)), (0, 900, ""), LIN),
    ("renamed while speaking", (joined("p1", "Maya"), on(MAYA, 0), renamed("p1", "Dr. Lin")), (0, 900, ""), LIN),
    ("an old name told late", (renamed("p1", "Dr. Lin"), *turn(MAYA, 0, 900)), (0, 900, ""), LIN),
    ("joined again by another name", (*turn(MAYA, 0, 900), joined("p1", "Dr. Lin")), (0, 900, ""), LIN),
    ("joined again without a name", (*turn(MAYA, 0, 900), joined("p1", "")), (0, 900, ""), MAYA),
    ("a phone as ingest names it", (joined(*PHONE), on(PHONE, 0)), (0, 900, ""), PHONE),
    ("a phone without any name", (on(("300", ""), 0),), (0, 900, ""), PHONE),
    ("a name that is told later", (joined("p2", ""), *turn(TOM, 0, 900)), (0, 900, ""), TOM),
]


@pytest.mark.parametrize("situation", FLAGS + VOICES + NAMES, ids=lambda situation: situation[0])
def test_who_spoke(situation: Situation) -> None:
    _, facts, (start_ms, end_ms, voice), expected = situation
    assert book_of(*facts).who(start_ms, end_ms, voice) == expected


def test_names_are_known_from_the_join_on() -> None:
    book = book_of(joined("p1", "Maya"))
    assert (book.name_of("p1"), book.name_of("p2")) == ("Maya", "")


def test_other_facts_change_nothing() -> None:
    book = book_of(*turn(MAYA, 0, 1000), AudioEnded(id="e", meeting_id="m", at=0, heard_ms=1000))
    assert book.who(0, 1000) == MAYA


def test_a_meeting_in_which_nobody_is_flagged_numbers_its_voices() -> None:
    book = SpeakerBook()
    assert [book.who(n, n + 1, voice)[1] for n, voice in enumerate([B, A, B, "c8-0"])] == [
        "Speaker 1",
        "Speaker 2",
        "Speaker 1",
        "Speaker 3",
    ]


def test_voices_are_numbered_as_they_appear_named_or_not() -> None:
    book = book_of(*turn(MAYA, 0, 4000))
    assert [book.who(0, 4000, A), book.who(9000, 9900, B)] == [MAYA, SECOND]


def test_a_successor_goes_on_numbering_where_the_lines_end() -> None:
    book = book_of(line(("", "Speaker 4"), 0, 900, A))
    assert [book.who(1000, 1900, A)[1], book.who(2000, 2900, "c8-0")[1]] == ["Speaker 4", "Speaker 5"]


def test_somebody_who_is_called_speaker_7_is_no_number() -> None:
    book = book_of(line(("p7", "Speaker 7"), 0, 900, A))
    assert book.who(5000, 5900, B) == SECOND


def test_lines_of_a_track_of_ones_own_teach_nothing() -> None:
    book = book_of(*turn(MAYA, 0, 4000), line(MAYA, 0, 4000, A, track="p1"), passed(9000))
    assert book.who(20_000, 21_000, A) == NOBODY


def test_who_was_erased_goes_nameless_and_their_lines_are_given_to_nobody() -> None:
    erased = WordsErased(
        id="w", meeting_id="m", at=0, participant_id="p1", until_ms=4000, line_ids=frozenset({"mixed-0", "mixed-2000"})
    )
    facts = (joined("p1", "Maya"), line(NOBODY, 0, 900), line(TOM, 2000, 2900))
    assert book_of(*facts, *turn(MAYA, 0, 3000), passed(9000)).corrections()
    book = book_of(*facts, erased, *turn(MAYA, 0, 3000), passed(9000))
    assert (book.corrections(), book.name_of("p1")) == ((), "Somebody")

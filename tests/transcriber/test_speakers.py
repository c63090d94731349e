"""Names for stretches of a meeting."""

from shared.events import AudioEnded, ParticipantJoined, SpeakingStarted, SpeakingStopped
from transcriber.speakers import KEEP_MS, NOBODY, SpeakerBook

MAYA, TOM = ("p1", "Maya"), ("p2", "Tom")
Person = tuple[str, str]


def started(person: Person, at_ms: int) -> SpeakingStarted:
    return SpeakingStarted(id="e", meeting_id="m", at=0, participant_id=person[0], name=person[1], source_ms=at_ms)


def stopped(person: Person, at_ms: int) -> SpeakingStopped:
    return SpeakingStopped(id="e", meeting_id="m", at=0, participant_id=person[0], name=person[1], source_ms=at_ms)


def book_of(*turns: tuple[Person, int, int | None]) -> SpeakerBook:
    book = SpeakerBook()
    for person, start_ms, end_ms in turns:
        book.note(started(person, start_ms))
        if end_ms is not None:
            book.note(stopped(person, end_ms))
    return book


def test_nobody_is_speaker_1() -> None:
    assert SpeakerBook().who(0, 1000) == NOBODY == ("", "Speaker 1")


def test_the_only_one_who_spoke_is_certain() -> None:
    assert book_of((MAYA, 0, 5000), (TOM, 6000, 9000)).who(1000, 4000) == MAYA


def test_who_still_speaks_has_spoken_until_now() -> None:
    assert book_of((MAYA, 0, None)).who(1000, 4000) == MAYA


def test_of_two_the_longer_overlap_wins() -> None:
    assert book_of((MAYA, 0, 5000), (TOM, 3000, 9000)).who(1000, 5000) == MAYA


def test_a_stop_that_is_noticed_late_does_not_take_a_short_reply() -> None:
    assert book_of((MAYA, 0, 1290), (TOM, 1350, 1800)).who(1000, 1500) == TOM


def test_a_turn_that_was_noticed_after_a_short_word_still_names_it() -> None:
    assert book_of((MAYA, 1200, 2000)).who(900, 1100) == MAYA


def test_a_turn_far_away_names_nothing() -> None:
    assert book_of((MAYA, 2000, 3000)).who(900, 1100) == NOBODY


def test_a_missed_stop_does_not_take_what_others_say() -> None:
    assert book_of((MAYA, 0, None), (TOM, 60_000, 64_000)).who(60_100, 63_900) == TOM


def test_a_short_remark_does_not_take_the_turn_it_falls_into() -> None:
    assert book_of((MAYA, 0, 10_000), (TOM, 4000, 4500)).who(0, 10_000) == MAYA


def test_a_start_that_is_told_twice_is_one_turn() -> None:
    book = book_of((MAYA, 0, None), (MAYA, 500, None))
    book.note(stopped(MAYA, 1000))
    assert book.who(2000, 3000) == NOBODY


def test_a_stop_without_a_start_is_ignored() -> None:
    book = SpeakerBook()
    book.note(stopped(MAYA, 1000))
    assert book.who(0, 1000) == NOBODY


def test_names_are_known_from_the_join_on() -> None:
    book = SpeakerBook()
    book.note(ParticipantJoined(id="e", meeting_id="m", at=0, participant_id="p1", name="Maya"))
    assert (book.name_of("p1"), book.name_of("p2")) == ("Maya", "")


def test_a_new_name_counts_for_earlier_turns_too() -> None:
    book = book_of((MAYA, 0, 1000))
    book.note(ParticipantJoined(id="e", meeting_id="m", at=0, participant_id="p1", name="Maya Lin"))
    assert book.who(0, 1000) == ("p1", "Maya Lin")


def test_other_facts_change_nothing() -> None:
    book = book_of((MAYA, 0, 1000))
    book.note(AudioEnded(id="e", meeting_id="m", at=0, heard_ms=1000))
    assert book.who(0, 1000) == MAYA


def test_old_turns_are_forgotten() -> None:
    book = book_of((MAYA, 0, 1000), (TOM, KEEP_MS + 1001, KEEP_MS + 2000))
    assert book.who(0, 1000) == NOBODY

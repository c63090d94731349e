import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.sentences import LONGEST, Sentences, split

WHOLE = [
    "It was planned for Jan. 5 and moved.",
    "Der Termin am 3. März um 14.30 Uhr bleibt.",
    "Dr. Smith met Mr. Jones and Mrs. Brown vs. Prof. Green.",
    "It took 3.5 hours and 10:30 was too late.",
    "Some of them, e.g. the first, i.e. the oldest, stay.",
    "See https://example.com/a.b?c=1. for more.",
    "J. R. R. Tolkien wrote it.",
    "The U.S. sales rose.",
    "No. 5 is alive.",
    "Wait... what?",
    "We meet at 5 p.m. on Monday.",
    "“Is it done?” she asked.",
    "1. Order the pump.",
]
CUT = [
    ("We met in Jan. It was cold.", ["We met in Jan.", "It was cold."]),
    ("He is 5. May I go?", ["He is 5.", "May I go?"]),
    ("It moves. We agreed.", ["It moves.", "We agreed."]),
    ("Really?! Yes!", ["Really?!", "Yes!"]),
    ("He said “Done.” Then he left.", ["He said “Done.”", "Then he left."]),
    ("We meet at 5 p.m. Then we go home.", ["We meet at 5 p.m.", "Then we go home."]),
    ("No. That is all.", ["No.", "That is all."]),
    ("So do I. Then we agree.", ["So do I.", "Then we agree."]),
    ("Well… Perhaps.", ["Well…", "Perhaps."]),
    ("First\nsecond\n\nthird", ["First", "second", "third"]),
    ("- One thing\n* Another", ["One thing", "Another"]),
    ("今日は。明日も！はい", ["今日は。", "明日も！", "はい"]),
    ("क्या है। ठीक है।", ["क्या है।", "ठीक है।"]),
    ("هل انتهى؟ نعم.", ["هل انتهى؟", "نعم."]),
]


@pytest.mark.parametrize("text", WHOLE)
def test_a_full_stop_that_ends_nothing_does_not_cut(text: str) -> None:
    assert split(text) == [text]


@pytest.mark.parametrize(("text", "sentences"), CUT)
def test_a_text_is_cut_where_its_sentences_end(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


def test_a_sentence_comes_out_when_the_next_one_begins() -> None:
    sentences = Sentences()
    assert sentences.push("It moves to Tuesday. ") == []
    assert sentences.push("W") == ["It moves to Tuesday."]
    assert sentences.finish() == ["W"]


def test_an_abbreviation_at_the_end_of_a_piece_waits_for_what_follows() -> None:
    sentences = Sentences()
    assert sentences.push("It costs 3.") == []
    assert sentences.push("5 euros. Good.") == ["It costs 3.5 euros."]


def test_nothing_is_left_after_the_end() -> None:
    sentences = Sentences()
    sentences.push("Done.")
    assert sentences.finish() == ["Done."]
    assert sentences.finish() == []


def test_a_long_sentence_is_cut_at_a_clause_before_it_is_over() -> None:
    sentences = Sentences()
    clause = "and then somebody else said something about the release of the next version of it, "
    cut = sentences.push(clause * 4)
    assert cut
    assert all(len(part) <= LONGEST and part.endswith(",") for part in cut)


def test_a_long_sentence_without_clauses_is_cut_between_words() -> None:
    parts = split("word " * 200)
    assert all(len(part) <= LONGEST for part in parts)
    assert " ".join(parts) == ("word " * 200).strip()


def test_text_without_any_space_is_still_bounded() -> None:
    assert [len(part) for part in split("x" * 500)] == [LONGEST, LONGEST, 60]


TEXTS = st.text(alphabet="ab AB.?!…”“,;。！\n1-Dr ", max_size=400)


@given(text=TEXTS, size=st.integers(min_value=1, max_value=7))
def test_how_the_text_is_cut_into_pieces_changes_nothing(text: str, size: int) -> None:
    sentences = Sentences()
    found = [part for at in range(0, len(text), size) for part in sentences.push(text[at : at + size])]
    assert found + sentences.finish() == split(text)


@given(text=TEXTS)
def test_every_letter_comes_out_once_and_in_order(text: str) -> None:
    letters = [char for char in text if char.isalpha()]
    assert [char for part in split(text) for char in part if char.isalpha()] == letters

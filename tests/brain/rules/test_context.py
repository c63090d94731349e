from transcripts import meeting

from brain.rules.context import before_in, leans, stated
from brain.rules.turns import turns_of


def test_what_leans_on_the_sentence_before_keeps_it() -> None:
    first, second = turns_of(meeting("Tom: The index is missing. I will add it today."))[0].sentences
    found = stated("add it today.", second, first)
    assert found.text == "Add it today (“The index is missing.”)"
    assert found.sentences == (first, second)


def test_what_stands_alone_is_told_alone() -> None:
    first, second = turns_of(meeting("Tom: Hello there. I will order the pump."))[0].sentences
    assert stated("order the pump", second, first).text == "Order the pump"


def test_a_noun_after_this_leans_on_nothing() -> None:
    assert not leans("talk to Karen right after this call")
    assert leans("finish that by Wednesday")


def test_a_sentence_of_nothing_but_general_words_leans() -> None:
    assert leans("go")


def test_the_sentence_before_may_be_in_the_turn_before() -> None:
    turns = turns_of(meeting("Maya: Somebody must.", "Tom: I will do it. Today."))
    assert before_in(turns, 1, 0) == turns[0].sentences[0]
    assert before_in(turns, 1, 1) == turns[1].sentences[0]
    assert before_in(turns, 0, 0) is None

from transcripts import meeting, standup

from brain.rules.retrieval import bm25, overlap, search
from brain.rules.turns import turns_of


def best(question: str, *said: str) -> str:
    return search(question, turns_of(meeting(*said)), 10)[0].turn.text


def test_the_turn_with_the_rarer_words_comes_first() -> None:
    said = ("Tom: The page is slow.", "Maya: The page has a certificate.", "Tom: The page is done.")
    assert best("Which page has the certificate?", *said) == "The page has a certificate."


def test_a_question_hands_its_score_to_the_reply() -> None:
    said = ("Maya: When is the invoice export ready?", "Tom: By Friday.", "Maya: An export is nice.")
    assert best("When is the invoice export ready?", *said) == "By Friday."


def test_an_open_demand_hands_its_score_to_who_takes_it_up() -> None:
    said = ("Elena: Somebody has to tell the sales team.", "Maya: I will send them a note.", "Tom: Lunch?")
    found = search("Who tells the sales team?", turns_of(meeting(*said)), 10)
    assert found[0].turn.speaker == "Maya"
    assert found[0].passage() == "Elena: Somebody has to tell the sales team. Maya: I will send them a note."


def test_what_was_asked_is_no_answer() -> None:
    found = search("Is the search slow?", turns_of(meeting("A: Is the search slow?", "B: Yes, very.")), 10)
    assert [candidate.turn.text for candidate in found] == ["Yes, very."]


def test_a_question_nobody_replied_to_is_found() -> None:
    assert best("Who speaks on Sunday?", "A: Nice.", "B: Who speaks on Sunday?") == "Who speaks on Sunday?"


def test_what_shares_no_word_is_not_found() -> None:
    assert search("What is the budget for marketing?", turns_of(standup()), 10) == []


def test_no_more_is_found_than_asked_for() -> None:
    assert len(search("payment release Tuesday page", turns_of(standup()), 3)) == 3


def test_ranking_nothing_gives_nothing() -> None:
    assert bm25(["page"], []) == []


def test_overlap_grows_with_the_share_of_the_question() -> None:
    none, half, whole = overlap("slow page", ["A: nothing here", "A: a page", "A: the page is slow"])
    assert none < half < 0 < whole

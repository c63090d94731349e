from transcripts import meeting

from brain.composing import LONGEST_ANSWER, Composer

LINES = meeting("Maya: The release moves.", "Tom: Fine.")


def test_sentences_come_clean_with_the_lines_they_rely_on() -> None:
    composer = Composer(LINES)
    assert composer.push("It moves [1") == []
    assert composer.push("]. Tom agrees [2]. ") == ["It moves."]
    assert [cite.line_id for cite in composer.cites] == ["l0", "l1"]
    assert composer.finish() == ["Tom agrees."]


def test_a_citation_behind_the_full_stop_is_known_when_its_sentence_comes_out() -> None:
    composer = Composer(LINES)
    assert composer.push("It moves. [1]") == []
    assert composer.push(" Tom agrees.") == ["It moves."]
    assert [cite.speaker for cite in composer.cites] == ["Maya"]


def test_the_answer_is_the_whole_clean_text() -> None:
    composer = Composer(LINES)
    composer.push("It moves [1]. Tom\u200b agrees [2, 77].")
    composer.finish()
    assert composer.answer == "It moves. Tom agrees."
    assert [cite.line_id for cite in composer.cites] == ["l0", "l1"]


def test_an_endless_answer_is_bounded() -> None:
    composer = Composer(LINES)
    sentences = [sentence for _ in range(500) for sentence in composer.push("And so on it goes. ")]
    sentences += composer.finish()
    assert len(composer.answer) <= LONGEST_ANSWER
    assert sum(map(len, sentences)) <= LONGEST_ANSWER


def test_no_text_is_no_sentence() -> None:
    composer = Composer(LINES)
    assert composer.push(" \n[1]") == []
    assert composer.finish() == []
    assert composer.answer == ""

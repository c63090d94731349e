from transcripts import meeting

from brain.rules.turns import LONGEST_TURN, turns_of


def test_lines_of_one_speaker_in_a_row_are_one_turn() -> None:
    turns = turns_of(meeting("Tom: Sure.", "Tom: I did it. It works.", "Maya: Good."))
    assert [(turn.speaker, turn.text) for turn in turns] == [("Tom", "Sure. I did it. It works."), ("Maya", "Good.")]
    assert [sentence.line for sentence in turns[0].sentences] == [0, 1, 1]


def test_lines_left_out_part_nothing() -> None:
    turns = turns_of(meeting("Tom: Sure.", "Maya: Chime, hello?", "Tom: Done."), left_out={1})
    assert [turn.text for turn in turns] == ["Sure. Done."]
    assert turns[0].sentences[1].place > turns[0].sentences[0].place + 1


def test_somebody_who_goes_on_and_on_has_several_turns() -> None:
    turns = turns_of(meeting(*["Tom: " + "word " * 25 + "."] * 5))
    assert len(turns) == 3
    assert all(len(turn.text.split()) <= LONGEST_TURN for turn in turns)


def test_questions_and_open_demands_ask() -> None:
    asking, demanding, stating = turns_of(meeting("A: Is it done?", "B: Somebody has to tell them.", "A: It is done."))
    assert asking.sentences[0].is_question
    assert demanding.sentences[0].asks
    assert not demanding.sentences[0].is_question
    assert not stating.sentences[0].asks


def test_a_line_without_text_is_no_turn() -> None:
    assert turns_of(meeting("Tom:  ")) == []

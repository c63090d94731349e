"""From what an engine heard to lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events import SpokenWord
from transcriber.lines import TOO_LONG_WORDS, cut, fresh, line_of, voice_of, whole
from transcriber.ports import Heard, Word


def said(text: str, voice: str = "", start_ms: int = 0, each_ms: int = 300) -> list[Word]:
    """One word after the other, without a pause."""
    starts = range(start_ms, start_ms + each_ms * len(text.split()), each_ms)
    return [Word(word, ms, ms + each_ms, voice=voice) for word, ms in zip(text.split(), starts, strict=True)]


def texts(words: list[Word]) -> list[str]:
    return [" ".join(word.text for word in line) for line in cut(words)]


def sizes(words: list[Word]) -> list[int]:
    return [len(line) for line in cut(words)]


def test_nothing_heard_is_no_line() -> None:
    assert cut([]) == []


def test_a_short_result_is_one_line() -> None:
    assert texts(said("Good morning. Shall we begin?")) == ["Good morning. Shall we begin?"]


def test_another_voice_begins_a_line() -> None:
    words = said("Shall we begin?", "a") + said("Yes, please.", "b", 900) + said("Good.", "a", 1500)
    assert texts(words) == ["Shall we begin?", "Yes, please.", "Good."]


def test_words_without_a_voice_belong_to_the_voice_before() -> None:
    words = said("we", "") + said("all", "a", 300) + said("agree on", "", 600) + said("that.", "a", 1200)
    assert texts(words) == ["we all agree on that."]


@pytest.mark.parametrize(
    ("before", "length_ms", "lines"),
    [
        ("the plan", 240, 1),
        ("the plan", 250, 3),
        ("The plan.", 240, 3),
    ],
    ids=["short within a sentence", "too long for a slip", "after a sentence"],
)
def test_one_short_word_of_another_voice_within_a_sentence_is_a_slip(before: str, length_ms: int, lines: int) -> None:
    words = [*said(before, "a"), Word("is", 600, 600 + length_ms, voice="b"), *said("ready.", "a", 900)]
    assert len(cut(words)) == lines


def test_two_short_words_of_another_voice_are_no_slip() -> None:
    words = said("the plan", "a") + said("oh no", "b", 600, 200) + said("is ready.", "a", 1000)
    assert texts(words) == ["the plan", "oh no", "is ready."]


def test_of_voices_that_take_turns_word_by_word_no_slip_is_made_of_another() -> None:
    words = [Word("w", n * 200, n * 200 + 200, voice="ab"[n % 2]) for n in range(4)]
    assert sizes(words) == [3, 1]


FIVE = "one two three four five "


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (said(FIVE * 4 + "it is so. And more."), [25]),
        (said(FIVE * 4 + "at last it is so. And more."), [25, 2]),
        (said("It is so. " + FIVE * 5 + "and so on."), [31]),
        (said(FIVE * 2 + "it is “so.” And more.", each_ms=800), [13, 2]),
        (said(FIVE * 7 + "and then at long last, with more."), [40, 2]),
        (said(FIVE * 7 + "and then at long last. With more."), [40, 2]),
        (said(FIVE * 4 + "with more, and more.", each_ms=750), [22, 2]),
        (said(FIVE * 8) + said("after a breath", start_ms=12_300), [40, 3]),
        (said(FIVE * 8) + said("without a breath", start_ms=12_200), [43]),
        (said(FIVE * 13), [TOO_LONG_WORDS, 5]),
        (said("这。 " * 26, each_ms=200), [25, 1]),
    ],
    ids=[
        "few words",
        "many words end with the sentence",
        "a sentence that ended early does not cut",
        "a long time ends with the sentence, quoted or not",
        "very many words end at a comma",
        "very many words end with the sentence",
        "a very long time ends at a comma",
        "very many words end at a pause",
        "a word's distance is no pause",
        "too many words end anywhere",
        "sentences end in every script",
    ],
)
def test_long_lines_are_cut_where_they_can_be_read(words: list[Word], expected: list[int]) -> None:
    assert sizes(words) == expected


def test_no_two_lines_begin_at_the_same_time() -> None:
    words = [Word("a", 0, 300, voice="a"), Word("b", 0, 300, voice="b"), Word("c", 300, 600, voice="a")]
    assert texts(words) == ["a b", "c"]


WORDS = st.builds(
    Word,
    st.sampled_from(["a", "b,", "c."]),
    st.integers(0, 400),
    st.integers(0, 400),
    voice=st.sampled_from(["", "x", "y"]),
)


@given(st.lists(WORDS, max_size=90))
def test_no_word_is_lost_doubled_or_moved(gaps: list[Word]) -> None:
    words, at_ms = [], 0
    for gap in gaps:
        at_ms += gap.start_ms
        words.append(Word(gap.text, at_ms, at_ms + gap.end_ms, voice=gap.voice))
    lines = cut(words)
    assert [word for line in lines for word in line] == words
    assert len({line[0].start_ms for line in lines}) == len(lines)


def test_words_whose_middle_was_committed_are_dropped() -> None:
    words = (Word("a", 0, 200), Word("b", 150, 260), Word("c", 200, 400))
    assert fresh(words, 200) == (words[1], words[2])


def test_a_line_is_known_by_its_place() -> None:
    line = line_of("mixed", (Word("Good", 100, 300), Word("morning.", 310, 600)), "7", "Maya")
    assert (line.id, line.text, line.start_ms, line.end_ms) == ("mixed-100", "Good morning.", 100, 600)
    assert (line.track, line.participant_id, line.speaker) == ("mixed", "7", "Maya")


def test_a_line_has_its_words_with_their_times() -> None:
    line = line_of("mixed", (Word("Good", 100, 300, 0.9), Word("morning.", 310, 600)), "7", "Maya")
    assert line.words == [
        SpokenWord(text="Good", start_ms=100, end_ms=300, confidence=0.9),
        SpokenWord(text="morning.", start_ms=310, end_ms=600),
    ]


def test_a_line_is_as_sure_as_its_words_are_on_average() -> None:
    line = line_of("mixed", [Word("a", 0, 1, 0.9), Word("b", 1, 2, 0.8), Word("c", 2, 3, 0.7001)], "7", "Maya")
    assert line.confidence == 0.8


@pytest.mark.parametrize(
    ("languages", "language"), [(["en", "es", "es"], "es"), (["en", "es"], "en"), (["", "", "fr"], "fr"), ([""], "")]
)
def test_a_line_has_the_language_of_most_of_its_words(languages: list[str], language: str) -> None:
    words = [Word("a", n, n + 1, language=spoken) for n, spoken in enumerate(languages)]
    assert line_of("mixed", words, "7", "Maya").language == language


def test_a_line_has_the_voice_that_says_the_most_of_it() -> None:
    words = [*said("we are", "a"), *said("in in in", "b", 600, 100), *said("agreement", "", 900)]
    assert line_of("mixed", words, "", "Speaker 1").voice == voice_of(words) == "a"


def test_without_voices_a_line_has_none() -> None:
    assert voice_of(said("we agree")) == ""


def test_where_the_audio_was_broken_off_a_word_at_the_edge_is_left_to_whoever_goes_on() -> None:
    words = (Word(text="we", start_ms=0, end_ms=300), Word(text="dec", start_ms=2_700, end_ms=3_000))
    heard = whole(Heard(words=words, is_final=True, settled_ms=3_000), 3_000)
    assert [word.text for word in heard.words] == ["we"]
    assert heard.settled_ms == 2_600


def test_a_long_word_at_the_edge_is_heard_again_from_its_beginning() -> None:
    words = (Word(text="incomprehens", start_ms=2_000, end_ms=2_900),)
    heard = whole(Heard(words=words, is_final=True, settled_ms=3_000), 3_000)
    assert (heard.words, heard.settled_ms) == ((), 2_000)

"""Figures of a rehearsal from hand-made events."""

from cli.witness import Seen, Witness, speaker_accuracy, word_error_rate, word_spans
from rehearsal.recordings import Segment
from shared.events import (
    AnyEvent,
    Asked,
    CaptionChanged,
    Line,
    LineHeard,
    QuestionAnswered,
    SentenceComposed,
    SpeechFinished,
    SpeechStarted,
)

BASE = {"meeting_id": "m", "at": 1}


def line(start_ms: int, end_ms: int, text: str, speaker: str = "Maya") -> LineHeard:
    said = Line(id=f"mixed-{start_ms}", track="mixed", speaker=speaker, start_ms=start_ms, end_ms=end_ms, text=text)
    return LineHeard(id=f"l{start_ms}", line=said, **BASE)


def caption(start_ms: int, end_ms: int) -> CaptionChanged:
    return CaptionChanged(
        id=f"c{end_ms}", track="mixed", speaker="Maya", start_ms=start_ms, end_ms=end_ms, text="x", **BASE
    )


def sent_at(source_ms: float) -> float:
    """The recording began at 10,000 and plays at real time."""
    return 10_000 + source_ms


def witness(*events: tuple[AnyEvent, float]) -> Witness:
    return Witness([Seen(event, at_ms) for event, at_ms in events])


def test_a_final_is_late_by_what_passed_since_its_end_was_sent() -> None:
    assert witness((line(0, 1_000, "One two."), 11_800)).final_ms(sent_at) == [800]


def test_a_word_is_visible_with_the_first_caption_that_covers_it() -> None:
    seen = witness((caption(0, 500), 10_900), (line(0, 1_000, "aaa bbb"), 11_900))
    assert seen.caption_ms(sent_at) == [400, 900]


def test_lateness_is_never_negative() -> None:
    assert witness((line(0, 1_000, "One."), 10_500)).caption_ms(sent_at) == [0]


def test_a_line_that_comes_twice_is_counted_and_shown_once() -> None:
    seen = witness((line(0, 1_000, "One."), 1), (line(0, 1_000, "One."), 2))
    assert seen.duplicated_lines() == 1
    assert len(seen.lines) == 1


def conversation(*more: tuple[AnyEvent, float]) -> Witness:
    asked = Asked(id="a", question="When?", asked_by="HTTP", via="api", question_id="q", **BASE)
    sentence = SentenceComposed(id="q/0", cause_id="q", n=0, text="Now.", speak=True, **BASE)
    seen = witness((asked, 100), (sentence, 150), *more)
    seen.asked_at_ms["When?"] = 90
    return seen


ANSWERED = QuestionAnswered(
    id="q/a", cause_id="q", question="When?", asked_by="HTTP", answer="Now.", cites=[], spoken=True, **BASE
)
STARTED = SpeechStarted(id="s", cause_id="q/0", text="Now.", duration_ms=5, first_audio_ms=1, **BASE)
FINISHED = SpeechFinished(id="f", cause_id="q/0", **BASE)


def test_everything_is_said_when_every_question_and_sentence_has_its_outcome() -> None:
    assert not conversation().is_everything_said
    assert not conversation((ANSWERED, 160)).is_everything_said
    assert conversation((ANSWERED, 160), (FINISHED, 300)).is_everything_said


def test_an_answer_was_spoken_when_all_of_it_was_finished() -> None:
    assert not conversation((ANSWERED, 160), (STARTED, 170)).was_spoken("q")
    assert conversation((ANSWERED, 160), (FINISHED, 300)).was_spoken("q")


def test_answers_and_first_sounds_count_from_the_posting() -> None:
    seen = conversation((ANSWERED, 160), (STARTED, 170))
    assert seen.answer_ms() == [70]
    assert seen.first_audio_ms() == [80]


def test_words_share_the_time_of_their_line_by_length() -> None:
    assert word_spans(line(0, 800, "aaa bbb").line) == [(0, 400), (400, 800)]


def test_errors_are_counted_in_words_and_numbers_are_folded() -> None:
    said = [Segment("Maya", 0, 1, "We had thirty seven orders.")]
    assert word_error_rate([line(0, 1, "we had 37 orders").line], said) == 0
    assert word_error_rate([line(0, 1, "we had 37 borders").line], said) == 0.25


def test_names_are_right_by_the_word() -> None:
    said = [Segment("Maya", 0, 1, "one two three"), Segment("Tom", 1, 2, "four")]
    heard = [line(0, 1, "one two three").line, line(1, 2, "four", speaker="Maya").line]
    assert speaker_accuracy(heard, said) == 0.75

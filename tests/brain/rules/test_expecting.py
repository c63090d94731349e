import pytest

from brain.rules.expecting import Kind, kind_wanted


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("At what time do we meet?", Kind.CLOCK),
        ("When is the release?", Kind.TIME),
        ("What day was it?", Kind.TIME),
        ("How many payments failed?", Kind.NUMBER),
        ("How slow are the results?", Kind.NUMBER),
        ("How do we fix it?", Kind.ANYTHING),
        ("How is the search going?", Kind.ANYTHING),
        ("Who did it?", Kind.ANYTHING),
        ("Who will do it?", Kind.PROMISE),
    ],
)
def test_a_question_tells_what_kind_of_answer_it_wants(question: str, kind: Kind) -> None:
    assert kind_wanted(question) is kind


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.CLOCK, "at two o'clock"),
        (Kind.CLOCK, "10:30 works"),
        (Kind.CLOCK, "at 3 pm"),
        (Kind.TIME, "by Wednesday"),
        (Kind.TIME, "end of next week"),
        (Kind.NUMBER, "about four seconds"),
        (Kind.NUMBER, "37 of them"),
        (Kind.ANYTHING, "whatever"),
        (Kind.PROMISE, "I'll do it."),
    ],
)
def test_a_text_that_holds_the_kind_is_known(kind: Kind, text: str) -> None:
    assert kind.is_in(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [(Kind.CLOCK, "today"), (Kind.TIME, "we may be slow"), (Kind.NUMBER, "some"), (Kind.PROMISE, "I did it.")],
)
def test_a_text_that_lacks_the_kind_is_known(kind: Kind, text: str) -> None:
    assert not kind.is_in(text)

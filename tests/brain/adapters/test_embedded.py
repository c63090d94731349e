from collections.abc import AsyncIterator, Sequence

import pytest
from structlog.testing import capture_logs
from transcripts import committee, meeting, sample, standup

from brain.adapters.embedded import EmbeddedAnswerer, load_score
from brain.composing import Composer
from brain.ports import AnswerRequest, Text
from brain.rules.quoting import NOT_SAID
from brain.rules.retrieval import overlap
from shared.events import Cite, Line

QUESTIONS = [(entry["q"], entry["a"], entry["evidence"]) for entry in sample()["reference"]["questions"]]
UNANSWERABLE = sample()["reference"]["unanswerable"]
COMMITTEE_QUESTIONS = [
    ("How much does the new pump cost?", "nine hundred and forty", 3),
    ("Why does the insurance not pay?", "wear and tear", 5),
    ("Who orders the pump?", "Ben answered", 10),
    ("How many stalls are there?", "twenty two", 12),
    ("What is Sofia still missing?", "permit", 12),
    ("When did Sofia apply for the permit?", "Five weeks ago", 14),
    ("Who asks at the council?", "Ben, at", 15),
    ("When is the summer fair?", "twenty first", 23),
    ("Who hangs the posters?", "hang them myself", 26),
    ("When is the poster file due?", "Friday", 26),
    ("How high are the card fees?", "two percent", 29),
    ("What do we get instead of the bouncy castle?", "face painter", 18),
]


@pytest.fixture(scope="module")
async def answerer() -> AsyncIterator[EmbeddedAnswerer]:
    answerer = EmbeddedAnswerer()
    yield answerer
    await answerer.close()


async def ask(
    answerer: EmbeddedAnswerer, question: str, lines: Sequence[Line], said: Sequence[str] = ()
) -> tuple[list[str], list[Cite]]:
    request = AnswerRequest(
        meeting_id="m-1",
        question=question,
        asked_by="Tom",
        lines=lines,
        participants=[],
        assistant_name="Chime",
        said=said,
    )
    composer = Composer(lines)
    sentences: list[str] = []
    async for part in answerer.answer(request):
        sentences += composer.push(part.text) if isinstance(part, Text) else []
    return sentences + composer.finish(), composer.cites


def hits(cites: Sequence[Cite], evidence: Sequence[int]) -> bool:
    return bool({cite.line_id for cite in cites} & {f"l{number}" for number in evidence})


@pytest.mark.engine
async def test_it_answers_the_questions_of_the_sample_from_the_right_lines(answerer: EmbeddedAnswerer) -> None:
    right = cited = 0
    for question, wanted, evidence in QUESTIONS:
        sentences, cites = await ask(answerer, question, standup())
        right += any(text in " ".join(sentences) for text in wanted)
        cited += hits(cites, evidence)
    assert right >= 11
    assert cited == len(QUESTIONS)


@pytest.mark.engine
@pytest.mark.parametrize("question", UNANSWERABLE)
async def test_it_does_not_answer_what_nobody_said(answerer: EmbeddedAnswerer, question: str) -> None:
    assert await ask(answerer, question, standup()) == ([NOT_SAID], [])


@pytest.mark.engine
async def test_it_answers_in_a_meeting_that_it_was_not_made_on(answerer: EmbeddedAnswerer) -> None:
    right = 0
    for question, wanted, evidence in COMMITTEE_QUESTIONS:
        sentences, cites = await ask(answerer, question, committee())
        right += wanted in " ".join(sentences) and hits(cites, [evidence])
    assert right >= 7
    for question in ("Who plays the music?", "What does a stall cost?"):
        assert (await ask(answerer, question, committee()))[0] == [NOT_SAID]


MISHEARD = [
    ["Okay, I will talk to Karen from the platform group right after this call."],
    ["Okay, I will talk to Carol from the platform group right after this call."],
    ["Okay, I will talk to Corinne from the plat form group right after this call."],
    ["Okay, I will talk to Karen from the", "platform group right after this call."],
    ["Okay.", "I will walk to Karen from the platform", "group right after this call."],
    ["OK, I'll talk to Karen from the platform group right after the scroll."],
]


@pytest.mark.engine
@pytest.mark.parametrize("heard", MISHEARD)
async def test_who_talks_to_the_platform_group_is_known_also_when_words_were_misheard(
    answerer: EmbeddedAnswerer, heard: list[str]
) -> None:
    before = ["Tom: Yes, one thing. I still need the new certificate for the staging server."]
    before += ["Tom: I asked the platform group on Thursday and I have heard nothing."]
    after = ["Tom: Thanks.", "Maya: Daniel, what about the search page?", "Daniel: The search page is almost done."]
    lines = meeting("Maya: Great. Is anything blocking you?", *before, *(f"Maya: {text}" for text in heard), *after)
    sentences, cites = await ask(answerer, "Who will talk to the platform group?", lines)
    assert sentences[0].startswith("Maya, at")
    assert hits(cites, range(3, 3 + len(heard)))


async def test_an_answer_goes_on_after_what_was_said_of_it() -> None:
    answerer = EmbeddedAnswerer(overlap)
    lines = meeting("Daniel: Should I prepare the release notes?", "Maya: Yes please. A first draft by Friday.")
    whole, _ = await ask(answerer, "When are the release notes due?", lines)
    assert len(whole) == 3
    rest, cites = await ask(answerer, "When are the release notes due?", lines, said=whole[:1])
    assert rest == whole[1:]
    assert hits(cites, [1])


async def test_an_answer_that_was_said_to_its_end_has_nothing_left() -> None:
    answerer = EmbeddedAnswerer(overlap)
    question = "Who will talk to the platform group?"
    whole, _ = await ask(answerer, question, standup())
    assert await ask(answerer, question, standup(), said=whole) == ([], [])


async def test_an_answer_that_came_out_otherwise_is_left_as_it_is() -> None:
    answerer = EmbeddedAnswerer(overlap)
    assert await ask(answerer, "Who will talk to the platform group?", standup(), said=["Tom does."]) == ([], [])


def test_without_the_model_words_are_compared_and_that_is_logged_once() -> None:
    with capture_logs() as logs:
        assert load_score(folder=None) is overlap
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("reranker.missed", "warning")]
    assert "chimein[local]" in logs[0]["remedy"]


async def test_without_the_model_it_still_answers() -> None:
    right = 0
    for question, _, evidence in QUESTIONS:
        right += hits((await ask(EmbeddedAnswerer(overlap), question, standup()))[1], evidence)
    assert right >= 9

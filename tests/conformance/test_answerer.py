"""What every answerer and every briefer does, whatever it answers with."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack

import msgspec
import pytest
from transcripts import standup

from brain.adapters.embedded import EmbeddedAnswerer
from brain.adapters.embedded_brief import EmbeddedBriefer
from brain.adapters.openai_chat import OpenAIAnswerer, OpenAIBriefer
from brain.adapters.scripted import ScriptedAnswerer, ScriptedBriefer
from brain.composing import Composer
from brain.ports import Answerer, AnswerRequest, Briefer, BriefRequest, Done, Text
from rehearsal.openai.server import API_KEY, OpenAIServer
from shared.events import Brief, Cite, Line, Usage

PEOPLE = ["Maya", "Tom", "Daniel", "Elena"]
LATE_MS = 100_000


def respond(messages: Sequence[Mapping[str, object]], wanted: Mapping[str, object] | None) -> str:
    """A model that knows the sample, and invents lines and people beside what it knows."""
    if wanted is None:
        return "Maya will [5, 900]. She talks to Karen after the call [5]."
    point = {"text": "The release moves", "lines": [1, 900]}
    item = {"task": "Talk to Karen", "owner": "Maya", "due": "today", "due_on": None, "lines": [1]}
    stranger = {"task": "Pay", "owner": "Karen", "due": None, "due_on": None, "lines": [1]}
    kinds = {"key_points": [point], "decisions": [point], "open_questions": [{"text": "Invented", "lines": [900]}]}
    draft = {"title": "Standup", "summary": "Short.", "action_items": [item, stranger], **kinds}
    return msgspec.json.encode(draft).decode()


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer(respond) as server:
        yield server


@pytest.fixture(scope="module", params=["scripted", "openai", pytest.param("embedded", marks=pytest.mark.engine)])
async def answerer(request: pytest.FixtureRequest, server: OpenAIServer) -> AsyncIterator[Answerer]:
    built: dict[str, Answerer] = {
        "scripted": ScriptedAnswerer(),
        "openai": OpenAIAnswerer(API_KEY, base_url=server.url),
        "embedded": EmbeddedAnswerer(),
    }
    async with AsyncExitStack() as stack:
        for other in built.values():
            stack.push_async_callback(other.close)
        yield built[request.param]


@pytest.fixture(scope="module", params=["scripted", "openai", "embedded"])
async def briefer(request: pytest.FixtureRequest, server: OpenAIServer) -> AsyncIterator[Briefer]:
    built: dict[str, Briefer] = {
        "scripted": ScriptedBriefer(),
        "openai": OpenAIBriefer(API_KEY, base_url=server.url),
        "embedded": EmbeddedBriefer(),
    }
    async with AsyncExitStack() as stack:
        for other in built.values():
            stack.push_async_callback(other.close)
        yield built[request.param]


def question(lines: Sequence[Line], said: Sequence[str] = ()) -> AnswerRequest:
    return AnswerRequest(
        meeting_id="m-1",
        question="Who will talk to the platform group?",
        asked_by="Tom",
        lines=lines,
        participants=PEOPLE,
        assistant_name="Chime",
        said=said,
    )


async def parts_of(answerer: Answerer, request: AnswerRequest) -> list[Text | Done]:
    return [part async for part in answerer.answer(request)]


def composed(parts: Sequence[Text | Done]) -> tuple[list[str], list[Cite]]:
    composer = Composer(standup())
    sentences = [sentence for part in parts if isinstance(part, Text) for sentence in composer.push(part.text)]
    return sentences + composer.finish(), composer.cites


async def test_an_answer_is_text_and_then_the_end(answerer: Answerer) -> None:
    *texts, end = await parts_of(answerer, question(standup()))
    assert texts
    assert all(isinstance(part, Text) for part in texts)
    assert isinstance(end, Done)


async def test_an_answer_names_maya_and_cites_real_lines(answerer: Answerer) -> None:
    sentences, cites = composed(await parts_of(answerer, question(standup())))
    assert "Maya" in " ".join(sentences)
    assert "[" not in " ".join(sentences)
    assert cites
    assert {cite.line_id for cite in cites} <= {line.id for line in standup()}


async def test_questions_at_the_same_time_do_not_mix(answerer: Answerer) -> None:
    first, second = answerer.answer(question(standup())), answerer.answer(question(standup()))
    assert isinstance(await anext(first), Text)
    assert [part async for part in second] == await parts_of(answerer, question(standup()))
    assert isinstance([part async for part in first][-1], Done)


async def test_an_answer_that_was_begun_can_be_gone_on_with(answerer: Answerer) -> None:
    whole, _ = composed(await parts_of(answerer, question(standup())))
    rest = await parts_of(answerer, question(standup(), said=whole[:1]))
    assert isinstance(rest[-1], Done)
    assert sum(isinstance(part, Done) for part in rest) == 1


async def test_a_meeting_without_lines_can_be_asked_about(answerer: Answerer) -> None:
    *texts, _ = await parts_of(answerer, question([]))
    assert texts


def test_an_answerer_says_what_it_is(answerer: Answerer) -> None:
    assert answerer.name


async def brief(briefer: Briefer, since_ms: int = 0) -> tuple[Brief, Usage]:
    return await briefer.brief(BriefRequest(meeting_id="m-1", lines=standup(), participants=PEOPLE, since_ms=since_ms))


def cites_of(written: Brief) -> list[list[Cite]]:
    points = [*written.key_points, *written.decisions, *written.open_questions]
    return [entry.cites for entry in [*points, *written.action_items]]


async def test_every_entry_of_a_briefing_cites_real_lines(briefer: Briefer) -> None:
    written, _ = await brief(briefer)
    assert written.decisions
    assert all(cites_of(written))
    assert {cite.line_id for cites in cites_of(written) for cite in cites} <= {line.id for line in standup()}


async def test_only_people_of_the_meeting_own_action_items(briefer: Briefer) -> None:
    written, _ = await brief(briefer)
    assert "Maya" in {item.owner for item in written.action_items}
    assert {item.owner for item in written.action_items} <= {*PEOPLE, None}


async def test_a_briefing_says_how_far_it_goes_and_who_made_it(briefer: Briefer) -> None:
    written, usage = await brief(briefer)
    assert written.upto_line_id == standup()[-1].id
    assert written.title
    assert written.summary
    assert written.made_by
    assert isinstance(usage, Usage)


async def test_a_late_briefing_cites_nothing_earlier(briefer: Briefer) -> None:
    written, _ = await brief(briefer, since_ms=LATE_MS)
    early = {line.id for line in standup() if line.end_ms <= LATE_MS}
    assert written.since_ms == LATE_MS
    assert not {cite.line_id for cites in cites_of(written) for cite in cites} & early


async def test_a_briefing_of_nothing_lists_nothing(briefer: Briefer) -> None:
    written, _ = await briefer.brief(BriefRequest(meeting_id="m-1", lines=[], participants=PEOPLE))
    assert cites_of(written) == []
    assert written.upto_line_id == ""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager

import msgspec
import pytest
from structlog.testing import capture_logs
from transcripts import meeting

from brain.adapters.chat_client import Patience
from brain.adapters.openai_chat import OpenAIAnswerer, OpenAIBriefer
from brain.ports import AnswerRequest, BriefRequest, Done, NotesRequest, Text
from brain.retrying import OutageError
from rehearsal.openai.bodies import Reply, Responder
from rehearsal.openai.server import API_KEY, MODEL, OpenAIServer
from rehearsal.openai.stream import Fault
from shared.errors import AnswerError, Category
from shared.events import Brief, Usage

LINES = meeting("Maya: The release moves to Tuesday.", "Tom: Fine with me.")
TEXT = "It moves to Tuesday [1]. Tom agreed [2]."
DRAFT = {
    "title": "Release",
    "summary": "The release moves.",
    "key_points": [],
    "decisions": [{"text": "The release moves to Tuesday", "lines": [1, 2, 99]}, {"text": "Invented", "lines": [42]}],
    "action_items": [
        {"task": "Tell sales", "owner": "maya", "due": None, "due_on": None, "lines": [1]},
        {"task": "Pay", "owner": "Karen", "due": "Friday", "due_on": None, "lines": [2]},
    ],
    "open_questions": [],
}


HASTY = Patience(first_s=0.3, stall_s=0.2)


def say(text: str | Reply = TEXT) -> Responder:
    def respond(messages: Sequence[Mapping[str, object]], wanted: Mapping[str, object] | None) -> str | Reply:
        return text

    return respond


class Script:
    """One reply after the other."""

    def __init__(self, *replies: str) -> None:
        self._replies = list(replies)

    def __call__(self, messages: Sequence[Mapping[str, object]], wanted: Mapping[str, object] | None) -> str:
        return self._replies.pop(0)


def request(**changes: object) -> AnswerRequest:
    fields = {"meeting_id": "m-1", "question": "When?", "asked_by": "Tom", "lines": LINES, "participants": ["Maya"]}
    return AnswerRequest(**{**fields, "assistant_name": "Chime", **changes})


async def ask(answerer: OpenAIAnswerer, **changes: object) -> tuple[str, Usage]:
    text, usage = "", Usage()
    async for part in answerer.answer(request(**changes)):
        match part:
            case Text(piece):
                text += piece
            case Done(used):
                usage = used
    return text, usage


@asynccontextmanager
async def answering(responder: Responder, **options: object) -> AsyncIterator[tuple[OpenAIServer, OpenAIAnswerer]]:
    async with OpenAIServer(responder) as server:
        answerer = OpenAIAnswerer(**{"api_key": API_KEY, "base_url": server.url, **options})
        yield server, answerer
        await answerer.close()


@asynccontextmanager
async def briefing(responder: Responder) -> AsyncIterator[tuple[OpenAIServer, OpenAIBriefer]]:
    async with OpenAIServer(responder) as server:
        briefer = OpenAIBriefer(API_KEY, base_url=server.url)
        yield server, briefer
        await briefer.close()


async def brief(briefer: OpenAIBriefer, since_ms: int = 0) -> tuple[Brief, Usage]:
    asked = BriefRequest(meeting_id="m-1", lines=LINES, participants=["Maya", "Tom"], since_ms=since_ms)
    return await briefer.brief(asked)


async def test_an_answer_comes_in_pieces_with_what_it_used() -> None:
    async with answering(say()) as (server, answerer):
        text, usage = await ask(answerer)
    assert text == TEXT
    assert (usage.model, usage.completion_tokens) == (MODEL, len(TEXT) // 4 + 1)
    assert len(server.requests) == 1


async def test_the_next_question_finds_the_transcript_cached() -> None:
    lines = meeting(*["Maya: We talked about the release for a long while and came to no end."] * 200)
    async with answering(say()) as (_, answerer):
        _, first = await ask(answerer, lines=lines)
        _, second = await ask(answerer, lines=[*lines, *LINES], question="Who?")
    assert first.cached_tokens == 0
    assert second.cached_tokens > 0.9 * first.prompt_tokens


async def test_a_server_of_ones_own_gets_no_fields_of_openai() -> None:
    async with answering(say()) as (server, answerer):
        await ask(answerer)
    assert server.requests[0].keys() == {"model", "messages", "stream", "stream_options", "max_tokens"}


async def test_what_was_said_before_a_crash_is_told() -> None:
    async with answering(say("Tom agreed [2].")) as (server, answerer):
        text, _ = await ask(answerer, said=["It moves to Tuesday."])
    assert text == "Tom agreed [2]."
    assert "It moves to Tuesday." in server.requests[0]["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("fault", "category"),
    [
        (Fault.HANG_MID_STREAM, Category.TIMEOUT),
        (Fault.CUT_MID_STREAM, Category.CONNECTIVITY),
        (Fault.ERROR_MID_STREAM, Category.UNAVAILABLE),
        (Fault.GARBAGE_CHUNK, Category.UNAVAILABLE),
        (Fault.NOT_A_CHUNK, Category.UNAVAILABLE),
    ],
)
async def test_a_fault_in_the_stream_ends_the_try(fault: Fault, category: Category) -> None:
    async with answering(say(), patience=HASTY) as (server, answerer):
        server.faults.append(fault)
        with pytest.raises(AnswerError) as failed:
            await ask(answerer)
    assert failed.value.category is category
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("fault", "category"),
    [
        (Fault.RATE_LIMIT, Category.RATE_LIMIT),
        (Fault.SERVER_ERROR, Category.UNAVAILABLE),
        (Fault.HANG_BEFORE_HEADERS, Category.TIMEOUT),
        (Fault.HTML, Category.CONNECTIVITY),
    ],
)
async def test_a_fault_before_the_stream_may_pass(fault: Fault, category: Category) -> None:
    async with answering(say(), patience=HASTY) as (server, answerer):
        server.faults.append(fault)
        with pytest.raises(AnswerError) as failed:
            await ask(answerer)
    assert failed.value.category is category
    assert not failed.value.is_permanent
    assert len(server.tries) == 1


@pytest.mark.parametrize(
    ("options", "category"),
    [({"api_key": "sk-wrong"}, Category.AUTHENTICATION), ({"model": "gpt-0"}, Category.NOT_FOUND)],
)
async def test_what_cannot_work_is_not_tried_again(options: dict[str, str], category: Category) -> None:
    async with answering(say(), **options) as (server, answerer):
        with pytest.raises(AnswerError) as failed:
            await ask(answerer)
    assert failed.value.category is category
    assert failed.value.is_permanent
    assert server.requests == []


async def test_a_server_that_is_down_is_left_alone() -> None:
    async with answering(say()) as (server, answerer):
        server.weather = lambda: Fault.SERVER_ERROR
        reasons = []
        for _ in range(8):
            with pytest.raises(AnswerError) as failed:
                await ask(answerer)
            reasons.append(type(failed.value))
    assert reasons == [AnswerError] * 5 + [OutageError] * 3
    assert len(server.tries) == 5


async def test_a_warm_up_costs_no_tokens_and_hides_its_failure() -> None:
    async with answering(say()) as (server, answerer):
        await answerer.warm_up()
    assert server.tries == []
    answerer = OpenAIAnswerer("", base_url="http://127.0.0.1:1/v1")
    await answerer.warm_up()
    await answerer.close()


async def test_no_server_is_no_connection() -> None:
    answerer = OpenAIAnswerer("", base_url="http://127.0.0.1:1/v1")
    with pytest.raises(AnswerError) as failed:
        await ask(answerer)
    await answerer.close()
    assert failed.value.category is Category.CONNECTIVITY
    assert "http://127.0.0.1:1/v1" in failed.value.reason


@pytest.mark.parametrize(
    "reply", [Reply("", refusal="No."), Reply("It", finish_reason="content_filter"), Reply("", finish_reason="length")]
)
async def test_a_refusal_is_no_answer(reply: Reply) -> None:
    async with answering(say(reply)) as (_, answerer):
        with pytest.raises(AnswerError) as failed:
            await ask(answerer)
    assert failed.value.category is Category.INVALID


async def test_an_answer_without_an_end_broke_off() -> None:
    async with answering(say(Reply("It moves", finish_reason=""))) as (_, answerer):
        with pytest.raises(AnswerError) as failed:
            await ask(answerer)
    assert failed.value.category is Category.CONNECTIVITY


async def test_an_answer_that_was_cut_for_its_length_stands() -> None:
    async with answering(say("It goes on. " * 2000)) as (_, answerer):
        with capture_logs() as logs:
            text, _ = await ask(answerer)
    assert text.startswith("It goes on.")
    assert [entry["event"] for entry in logs] == ["answer.cut"]


async def test_who_stops_listening_ends_the_call() -> None:
    async with answering(say()) as (server, answerer):
        server.faults.append(Fault.HANG_MID_STREAM)
        async with aclosing(answerer.answer(request())) as parts:
            async for _ in parts:
                break
        await server.broken_off.wait()


async def test_a_briefing_cites_real_lines_and_real_people_only() -> None:
    async with briefing(say(msgspec.json.encode(DRAFT).decode())) as (server, briefer):
        written, usage = await brief(briefer)
    assert [(point.text, [cite.line_id for cite in point.cites]) for point in written.decisions] == [
        ("The release moves to Tuesday", ["l0", "l1"])
    ]
    assert [(item.owner, item.due) for item in written.action_items] == [("Maya", None), (None, "Friday")]
    assert (written.made_by, written.upto_line_id) == (MODEL, "l1")
    assert usage.prompt_tokens > 0
    assert server.requests[0]["response_format"]["json_schema"]["strict"] is True


async def test_a_briefing_begins_where_it_is_asked_to() -> None:
    async with briefing(say(msgspec.json.encode(DRAFT).decode())) as (server, briefer):
        written, _ = await brief(briefer, since_ms=LINES[0].end_ms)
    assert "The release moves" not in server.requests[0]["messages"][1]["content"]
    assert [cite.line_id for cite in written.decisions[0].cites] == ["l1"]


async def test_a_bad_briefing_is_repaired_once() -> None:
    good = msgspec.json.encode(DRAFT).decode()
    async with briefing(Script('{"title": 3}', good)) as (server, briefer):
        written, usage = await brief(briefer)
    assert written.title == "Release"
    assert "$.title" in server.requests[1]["messages"][-1]["content"]
    assert usage.completion_tokens > len(good) // 4 + 1


async def test_notes_are_rows_of_text() -> None:
    async with briefing(say("It moves [1]")) as (server, briefer):
        text, usage = await briefer.take_notes(NotesRequest(meeting_id="m-1", lines=LINES, language="de"))
    assert (text, usage.model) == ("It moves [1]", MODEL)
    assert '"de"' in server.requests[0]["messages"][0]["content"]
    assert "response_format" not in server.requests[0]


async def test_a_briefing_is_tried_again() -> None:
    async with briefing(say(msgspec.json.encode(DRAFT).decode())) as (server, briefer):
        server.faults.extend([Fault.SERVER_ERROR, Fault.CUT_MID_STREAM])
        written, _ = await brief(briefer)
    assert written.title == "Release"
    assert len(server.tries) == 3


async def test_a_briefing_that_stays_bad_is_none() -> None:
    async with briefing(Script("nonsense", "more nonsense")) as (_, briefer):
        with pytest.raises(AnswerError) as failed:
            await brief(briefer)
    assert failed.value.category is Category.INVALID

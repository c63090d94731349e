"""The stand-in, driven by the real client and by bare HTTP."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import openai
import pytest

from rehearsal.openai.bodies import Body, Reply
from rehearsal.openai.server import API_KEY, MODEL, OpenAIServer
from rehearsal.openai.stream import Fault

ASK = {"model": MODEL, "messages": [{"role": "user", "content": "Who?"}]}


def echo(messages, response_format) -> str | Reply:
    return f"You said: {messages[-1]['content']}"


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer(echo) as server:
        yield server


@pytest.fixture
async def client(server: OpenAIServer) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key=API_KEY, base_url=server.url, max_retries=0, timeout=0.5) as client:
        yield client


async def post(server: OpenAIServer, body: object, key: str = API_KEY) -> tuple[int, Body]:
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{server.url}/chat/completions", json=body) as response,
    ):
        return response.status, await response.json()


async def stream(client: openai.AsyncOpenAI, **changes: object) -> list:
    stream = await client.chat.completions.create(**{**ASK, **changes}, stream=True)
    return [chunk async for chunk in stream]


def text_of(chunks: list) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


async def test_a_whole_completion_is_given(client: openai.AsyncOpenAI) -> None:
    completion = await client.chat.completions.create(**ASK)
    assert completion.choices[0].message.content == "You said: Who?"
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


async def test_a_stream_gives_the_same_in_pieces(client: openai.AsyncOpenAI) -> None:
    chunks = await stream(client)
    assert len(chunks) > 4
    assert text_of(chunks) == "You said: Who?"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert all(chunk.usage is None for chunk in chunks)


async def test_usage_comes_last_and_without_choices_where_it_is_wanted(client: openai.AsyncOpenAI) -> None:
    chunks = await stream(client, stream_options={"include_usage": True})
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens > 0


async def test_a_prompt_with_a_known_beginning_is_cached(client: openai.AsyncOpenAI) -> None:
    long = "word " * 2000
    first = await client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": long + "a"}])
    second = await client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": long + "b"}])
    assert first.usage.prompt_tokens_details.cached_tokens == 0
    assert second.usage.prompt_tokens_details.cached_tokens >= 2304


async def test_requests_are_kept(server: OpenAIServer, client: openai.AsyncOpenAI) -> None:
    await client.chat.completions.create(**ASK)
    assert [request["messages"] for request in server.requests] == [ASK["messages"]]


async def test_the_models_are_listed(client: openai.AsyncOpenAI) -> None:
    assert [model.id async for model in client.models.list()] == [MODEL]


async def test_a_limit_of_tokens_cuts_the_text(client: openai.AsyncOpenAI) -> None:
    completion = await client.chat.completions.create(**ASK, max_completion_tokens=2)
    assert completion.choices[0].message.content == "You said"
    assert completion.choices[0].finish_reason == "length"


async def test_a_refusal_is_no_content() -> None:
    async with (
        OpenAIServer(lambda *_: Reply("", refusal="I cannot.")) as server,
        openai.AsyncOpenAI(api_key=API_KEY, base_url=server.url) as client,
    ):
        completion = await client.chat.completions.create(**ASK)
        chunks = await stream(client)
    assert completion.choices[0].message.refusal == "I cannot."
    assert completion.choices[0].message.content is None
    assert "I cannot." in [chunk.choices[0].delta.refusal for chunk in chunks if chunk.choices]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({**ASK, "model": "gpt-0"}, 404, "model_not_found"),
        ({"model": MODEL}, 400, None),
        ({"model": MODEL, "messages": []}, 400, None),
        ({"model": MODEL, "messages": ["hi"]}, 400, None),
        ([], 400, None),
    ],
)
async def test_a_wrong_request_gets_openais_error_body(
    server: OpenAIServer, body, status: int, code: str | None
) -> None:
    found, answer = await post(server, body)
    assert found == status
    assert answer["error"].keys() == {"message", "type", "param", "code"}
    assert answer["error"]["code"] == code


async def test_a_wrong_key_is_refused(server: OpenAIServer) -> None:
    status, answer = await post(server, ASK, key="sk-wrong")
    assert (status, answer["error"]["code"]) == (401, "invalid_api_key")


LOOSE = {"type": "object", "properties": {"a": {"type": "string"}}, "required": [], "additionalProperties": False}


@pytest.mark.parametrize("schema", [LOOSE, {"type": "array"}])
async def test_a_schema_that_is_not_strict_is_refused(server: OpenAIServer, schema: Body) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}
    status, answer = await post(server, {**ASK, "response_format": wanted})
    assert (status, answer["error"]["param"]) == (400, "response_format")


async def test_the_responder_is_told_the_wanted_format() -> None:
    strict = {**LOOSE, "required": ["a"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": strict}}
    async with OpenAIServer(lambda _, wanted: wanted["json_schema"]["name"]) as server:
        _, answer = await post(server, {**ASK, "response_format": wanted})
    assert answer["choices"][0]["message"]["content"] == "x"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.RATE_LIMIT, openai.RateLimitError),
        (Fault.SERVER_ERROR, openai.InternalServerError),
        (Fault.HANG_BEFORE_HEADERS, openai.APITimeoutError),
        (Fault.HANG_MID_STREAM, openai.APITimeoutError),
        (Fault.CUT_MID_STREAM, openai.APIConnectionError),
        (Fault.ERROR_MID_STREAM, openai.APIError),
        (Fault.GARBAGE_CHUNK, ValueError),
    ],
)
async def test_a_fault_hits_one_request(
    server: OpenAIServer, client: openai.AsyncOpenAI, fault: Fault, error: type[Exception]
) -> None:
    server.faults.append(fault)
    with pytest.raises(error):
        await stream(client)
    assert text_of(await stream(client)) == "You said: Who?"


async def test_the_rate_limit_says_when_to_come_back(server: OpenAIServer, client: openai.AsyncOpenAI) -> None:
    server.faults.append(Fault.RATE_LIMIT)
    with pytest.raises(openai.RateLimitError) as refused:
        await client.chat.completions.create(**ASK)
    assert refused.value.response.headers["retry-after"] == "0"


async def test_a_client_that_goes_away_is_noticed(server: OpenAIServer, client: openai.AsyncOpenAI) -> None:
    server.faults.append(Fault.HANG_MID_STREAM)
    begun = await client.chat.completions.create(**ASK, stream=True)
    await begun.close()
    async with asyncio.timeout(5):
        await server.broken_off.wait()

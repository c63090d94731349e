"""One attempt at a call to Recall."""

import contextlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import REGISTRY
from recall_wire import BOT, KEY, Answer, ScriptedRecall

from shared.config import REHEARSAL_KEY, Secret
from shared.errors import Category, MeetingError, SpeechError
from shared.ports import free_port
from shared.recall_http import Call, RecallHttp

LOOK = Call(name="look", method="GET", path="/api/v1/bot/b1/")
MAKE = Call(name="make", method="POST", path="/api/v1/bot/", body={"bot_name": "Chime"}, idempotency_key="m-1:1")


class WatchingRecall(ScriptedRecall):
    """Notes from which addresses it is called."""

    callers: frozenset[tuple[str, int]] = frozenset()

    async def answer(self, request: web.Request) -> web.Response:
        self.callers = self.callers | {request.transport.get_extra_info("peername")}
        return await super().answer(request)


@contextlib.asynccontextmanager
async def http_to(recall: ScriptedRecall, answer_s: float = 5.0) -> AsyncIterator[RecallHttp]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", recall.answer)
    async with TestServer(app) as server:
        http = RecallHttp(str(server.make_url("/")), Secret(KEY), MeetingError, answer_s)
        try:
            yield http
        finally:
            recall.is_over.set()
            await http.close()


@contextlib.asynccontextmanager
async def http_to_nobody(key: Secret, failure: type[MeetingError | SpeechError]) -> AsyncIterator[RecallHttp]:
    http = RecallHttp(f"http://127.0.0.1:{free_port()}", key, failure, 5.0)
    try:
        yield http
    finally:
        await http.close()


def counted(call: str, outcome: str) -> float:
    labels = {"vendor": "recall", "call": call, "outcome": outcome}
    return REGISTRY.get_sample_value("chimein_vendor_calls_total", labels) or 0


async def test_a_request_carries_the_key_the_body_and_its_idempotency_key() -> None:
    recall = ScriptedRecall(Answer(status=201))
    async with http_to(recall) as http:
        reply = await http.send(MAKE)
    method, path, headers, body = recall.asked[0]
    assert (method, path, body) == ("POST", "/api/v1/bot/", b'{"bot_name":"Chime"}')
    assert (headers["Authorization"], headers["Idempotency-Key"]) == (f"Token {KEY}", "m-1:1")
    assert (reply.status, reply.content) == (201, BOT.encode())


async def test_a_call_without_a_body_sends_none_because_the_firewall_refuses_it() -> None:
    recall = ScriptedRecall(Answer())
    async with http_to(recall) as http:
        await http.send(LOOK)
    _, _, headers, body = recall.asked[0]
    assert body == b""
    assert "Content-Type" not in headers


async def test_a_refusal_is_an_answer_with_its_wait() -> None:
    async with http_to(ScriptedRecall(Answer(status=429, text="", headers={"Retry-After": "7"}))) as http:
        reply = await http.send(LOOK)
    assert (reply.status, reply.content, reply.retry_after) == (429, b"", "7")


async def test_a_redirect_is_not_followed() -> None:
    recall = ScriptedRecall(Answer(status=302, headers={"Location": "https://example.org/"}))
    async with http_to(recall) as http:
        assert (await http.send(LOOK)).status == 302
    assert len(recall.asked) == 1


async def test_connections_are_kept() -> None:
    recall = WatchingRecall(Answer())
    async with http_to(recall) as http:
        for _ in range(3):
            await http.send(LOOK)
    assert (len(recall.asked), len(recall.callers)) == (3, 1)


async def test_silence_is_a_timeout() -> None:
    async with http_to(ScriptedRecall(Answer(hangs=True)), answer_s=0.1) as http:
        with pytest.raises(MeetingError, match=r"within 0\.1 s") as raised:
            await http.send(LOOK)
    assert raised.value.category is Category.TIMEOUT


async def test_a_cut_connection_is_a_failure_to_connect() -> None:
    async with http_to(ScriptedRecall(Answer(is_cut=True))) as http:
        with pytest.raises(MeetingError, match="cut") as raised:
            await http.send(MAKE)
    assert raised.value.category is Category.CONNECTIVITY


async def test_an_unreachable_recall_is_named_by_its_address() -> None:
    async with http_to_nobody(Secret(KEY), SpeechError) as http:
        with pytest.raises(SpeechError, match=http.address) as raised:
            await http.send(LOOK)
    assert raised.value.category is Category.CONNECTIVITY


async def test_without_a_key_an_absent_stand_in_is_explained_and_not_waited_for() -> None:
    async with http_to_nobody(REHEARSAL_KEY, MeetingError) as http:
        with pytest.raises(MeetingError) as raised:
            await http.send(LOOK)
    assert raised.value.is_permanent
    assert str(raised.value) == (
        "no RECALL_API_KEY is set and no rehearsal is running: set RECALL_API_KEY in .env, or run `chimein rehearse`"
    )


async def test_every_try_is_counted_by_its_outcome() -> None:
    before = [counted("make", outcome) for outcome in ("201", "503", "connectivity")]
    async with http_to(ScriptedRecall(Answer(status=201), Answer(status=503), Answer(is_cut=True))) as http:
        await http.send(MAKE)
        await http.send(MAKE)
        with pytest.raises(MeetingError):
            await http.send(MAKE)
    after = [counted("make", outcome) for outcome in ("201", "503", "connectivity")]
    assert [then - now for now, then in zip(before, after, strict=True)] == [1, 1, 1]


async def test_closing_twice_or_unused_is_harmless() -> None:
    http = RecallHttp("http://127.0.0.1:1", Secret(KEY), MeetingError, 1.0)
    await http.close()
    await http.close()

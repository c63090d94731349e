"""The gateway's client: refusals in words, events that resume."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from cli.client import Gateway, GatewayError, frames_of
from shared.config import Secret
from shared.events import Hushed
from shared.ports import free_port

PROBLEM = {
    "title": "Unprocessable",
    "detail": "The body is not usable.",
    "errors": [{"field": "meeting_url", "problem": "is no link", "remedy": "paste the meeting's link"}],
}


class FakeGateway:
    """Two events a connection, then the connection drops."""

    def __init__(self) -> None:
        self.asked_after: list[str] = []
        self.keys: list[str] = []

    async def events(self, request: web.Request) -> web.StreamResponse:
        after = int(request.headers["Last-Event-ID"].partition("-")[0])
        self.asked_after.append(request.headers["Last-Event-ID"])
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b": still here\n\n")
        await response.write(b'event: coverage.changed\ndata: {"type":"coverage.changed"}\n\n')
        for n in range(after + 1, min(after + 3, 6)):
            body = msgspec.json.encode(Hushed(id=str(n), meeting_id="m", at=n, by="Ann"))
            await response.write(f"id: {n}-0\nevent: speech.hushed\ndata: ".encode() + body + b"\n\n")
        if after + 3 < 6:
            request.transport.abort()
        return response

    async def problem(self, request: web.Request) -> web.Response:
        self.keys.append(request.headers.get("Authorization", ""))
        return web.json_response(PROBLEM, status=422, content_type="application/problem+json")

    async def garbage(self, _: web.Request) -> web.Response:
        return web.Response(status=502, text="<html>bad gateway</html>")


@pytest.fixture
async def served() -> AsyncIterator[tuple[FakeGateway, str]]:
    fake, app = FakeGateway(), web.Application()
    app.router.add_get("/meetings/m/events", fake.events)
    app.router.add_post("/problem", fake.problem)
    app.router.add_get("/garbage", fake.garbage)
    async with TestServer(app) as server:
        yield fake, str(server.make_url("/"))


async def test_a_refusal_names_the_field_and_the_remedy(served: tuple[FakeGateway, str]) -> None:
    fake, url = served
    async with Gateway(url, Secret("the-key")) as gateway:
        with pytest.raises(GatewayError) as refused:
            await gateway.post("/problem", {})
    assert str(refused.value) == "The body is not usable.\n  meeting_url: is no link; paste the meeting's link"
    assert refused.value.status == 422
    assert fake.keys == ["Bearer the-key"]


async def test_what_is_no_problem_json_is_told_by_its_status(served: tuple[FakeGateway, str]) -> None:
    async with Gateway(served[1], Secret("")) as gateway:
        with pytest.raises(GatewayError, match="answered 502"):
            await gateway.get("/garbage")


async def test_no_gateway_is_told_with_the_remedy() -> None:
    async with Gateway(f"http://127.0.0.1:{free_port()}", Secret("")) as gateway:
        with pytest.raises(GatewayError, match="chimein up"):
            await gateway.get("/meetings")


async def test_events_go_on_after_a_dropped_connection_without_loss_or_repeat(served: tuple[FakeGateway, str]) -> None:
    fake, url = served
    async with Gateway(url, Secret("")) as gateway:
        seen = [event.id async for event in gateway.events("m")]
    assert seen == ["1", "2", "3", "4", "5"]
    assert fake.asked_after == ["0", "2-0", "4-0"]


async def test_frames_are_told_apart_and_comments_passed_over() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b": hello\n\nid: 1-0\r\nevent: a\r\ndata: {}\r\n\r\nevent: caption.changed\ndata: []\n\n")
    reader.feed_eof()
    assert [frame async for frame in frames_of(reader)] == [("1-0", b"{}"), ("", b"[]")]

"""A stand-in for OpenAI on this machine: chat completions, streamed or not, with its errors and faults.

`async with OpenAIServer(responder) as server:` listens at `server.url` until the block ends.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec
from aiohttp import web

from rehearsal.openai.bodies import Body, Responder, Usages, complete, error_body, problem_of, reply_of
from rehearsal.openai.speech import Speaking
from rehearsal.openai.stream import Fault, events_of

API_KEY = "sk-rehearsal"
MODEL = "gpt-5.4-mini"
LONGEST_REQUEST = 32 << 20


class Try(NamedTuple):
    """A request as it came, and what was done to it."""

    at_s: float
    """Monotonic."""
    fault: Fault
    content: bytes


def fair_weather() -> Fault:
    return Fault.NONE


class OpenAIServer:
    """`requests` keeps every body that was accepted. Each fault put into `faults` hits one request, in order."""

    def __init__(self, responder: Responder, *, models: tuple[str, ...] = (MODEL,), port: int = 0) -> None:
        self.requests: list[Body] = []
        self.faults: deque[Fault] = deque()
        self.weather: Callable[[], Fault] = fair_weather
        """Chooses the fault of each request where `faults` is empty."""
        self.retry_after_s = 0.0
        self.tries: list[Try] = []
        """Every request, be it refused or not."""
        self.broken_off = asyncio.Event()
        """A client went away in the middle of a stream."""
        self._responder, self._models, self._port = responder, models, port
        self._usages = Usages()
        self.speaking = Speaking()
        self._released = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=LONGEST_REQUEST, middlewares=[require_key])
        app.add_routes([web.get("/v1/models", self._list), web.post("/v1/chat/completions", self._chat)])
        app.add_routes([web.post("/v1/audio/speech", self.speaking.answer)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._released.set()
        if self._runner:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    async def _list(self, _: web.Request) -> web.Response:
        models = [{"id": name, "object": "model", "created": 0, "owned_by": "rehearsal"} for name in self._models]
        return web.json_response({"object": "list", "data": models})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.popleft() if self.faults else self.weather()
        content = await request.read()
        self.tries.append(Try(time.monotonic(), fault, content))
        if refused := await self._fail_early(fault):
            return refused
        try:
            body = msgspec.json.decode(content, type=dict[str, Any])
        except msgspec.DecodeError:
            return error_body(400, "We could not parse the JSON body of your request.")
        if problem := problem_of(body, self._models):
            return problem
        self.requests.append(body)
        reply = reply_of(self._responder(body["messages"], body.get("response_format")), body)
        usage = self._usages.of(body, reply)
        if not body.get("stream"):
            return web.json_response(complete(body, reply, usage))
        return await self._stream(request, [*events_of(body, reply, usage, fault)], fault)

    async def _fail_early(self, fault: Fault) -> web.Response | None:
        if fault is Fault.HANG_BEFORE_HEADERS:
            await self._released.wait()
        if fault is Fault.RATE_LIMIT:
            headers = {"Retry-After": f"{self.retry_after_s:g}"}
            return error_body(429, "Rate limit reached.", code="rate_limit_exceeded", headers=headers)
        if fault is Fault.HTML:
            return web.Response(text="<html><body>Bad gateway</body></html>", content_type="text/html")
        if fault is Fault.SERVER_ERROR:
            return error_body(500, "The server had an error while processing your request.")
        return None

    async def _stream(self, request: web.Request, events: list[bytes], fault: Fault) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await response.prepare(request)
        try:
            for event in events:
                await response.write(event)
                await asyncio.sleep(0)
            await self._fail_late(request, fault)
            await response.write_eof()
        except ConnectionError:
            self.broken_off.set()
        except asyncio.CancelledError:
            self.broken_off.set()
            raise
        return response

    async def _fail_late(self, request: web.Request, fault: Fault) -> None:
        if fault is Fault.CUT_MID_STREAM and request.transport:
            request.transport.abort()
        if fault is Fault.HANG_MID_STREAM:
            await self._released.wait()


@web.middleware
async def require_key(request: web.Request, handler: Any) -> web.StreamResponse:
    began = time.monotonic()
    if request.headers.get("Authorization") != f"Bearer {API_KEY}":
        return error_body(401, "Incorrect API key provided.", code="invalid_api_key")
    response: web.StreamResponse = await handler(request)
    if not response.prepared:
        response.headers["openai-processing-ms"] = str(round(1000 * (time.monotonic() - began)))
    return response

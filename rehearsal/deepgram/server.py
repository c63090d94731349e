"""A stand-in for Deepgram on this machine: live transcription at `/v1/listen`, speech at `/v1/speak`.

`async with DeepgramServer() as deepgram:` listens at `deepgram.url` until the block ends.
"""

import asyncio
from types import TracebackType
from typing import Self

from aiohttp import web

from rehearsal.deepgram.closing import CUT, Close
from rehearsal.deepgram.doors import refusal, refused_by_fault, refused_by_key, refused_by_query
from rehearsal.deepgram.ears import Ears
from rehearsal.deepgram.numbered import NumberedEars
from rehearsal.deepgram.options import DeepgramFaults, DeepgramOptions
from rehearsal.deepgram.query import wanted_of
from rehearsal.deepgram.socket import Socket
from rehearsal.deepgram.speak import Speaking
from shared.errors import Category, StageError

PROJECT = {"project_id": "5a0bd1a3-52f7-4c23-9d0f-3e4f8b7e6a11", "name": "rehearsal"}


class DeepgramServer:
    """Sockets and REST calls come to one port; port 0 takes a free one."""

    def __init__(
        self,
        ears: Ears | None = None,
        options: DeepgramOptions | None = None,
        *,
        faults: DeepgramFaults | None = None,
        port: int = 0,
    ) -> None:
        self.faults = faults or DeepgramFaults()
        self.sockets: list[Socket] = []
        """Every one so far, in the order in which they were opened."""
        self.refused: list[int] = []
        """The status of each handshake that was not accepted."""
        self._ears = ears or NumberedEars()
        self._options = options or DeepgramOptions()
        self.speaking = Speaking(self._options)
        self._port = port
        self._opening = 0
        self._opened = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes(
            [
                web.get("/v1/listen", self._listen),
                web.post("/v1/speak", self.speaking.answer),
                web.get("/v1/projects", self._projects),
                web.get("/v1/auth/token", self._token),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.end_all(CUT)
        if self._runner:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def open_sockets(self) -> list[Socket]:
        return [socket for socket in self.sockets if socket.close_code is None]

    def end_all(self, close: Close) -> None:
        """Every open socket is closed so; CUT drops it without a close frame."""
        for socket in self.open_sockets:
            socket.end(close)

    async def wait_for_socket(self, count: int = 1) -> Socket:
        """The newest one, when so many have been opened."""
        async with self._opened:
            await self._opened.wait_for(lambda: len(self.sockets) >= count)
        return self.sockets[-1]

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(self.faults.accept_delay_s)
        came = self._refusal_of(request) or await self._open(request)
        if isinstance(came, web.Response):
            self.refused.append(came.status)
            return came
        response = web.WebSocketResponse(timeout=1, max_msg_size=0)
        response.headers["dg-request-id"] = came.request_id
        await response.prepare(request)
        assert request.transport
        async with self._opened:
            self._opened.notify_all()
        await came.live(response, request.transport)
        return response

    def _refusal_of(self, request: web.Request) -> web.Response | None:
        taken = len(self.open_sockets) + self._opening
        return (
            refused_by_fault(self.faults)
            or refused_by_key(request, self._options)
            or refused_by_query(request, self._options)
            or (refusal(429) if 0 < self._options.concurrency <= taken else None)
        )

    async def _open(self, request: web.Request) -> Socket | web.Response:
        wanted = wanted_of(request.query)
        self._opening += 1
        try:
            ear = await self._ears.open(wanted.language, wanted.keyterms)
        except StageError as error:
            return refusal(429 if error.category is Category.RATE_LIMIT else 500, str(error))
        finally:
            self._opening -= 1
        self.sockets.append(Socket(request.query, ear, self._options, self.faults))
        return self.sockets[-1]

    async def _projects(self, request: web.Request) -> web.Response:
        return refused_by_key(request, self._options) or web.json_response({"projects": [PROJECT]})

    async def _token(self, request: web.Request) -> web.Response:
        return refused_by_key(request, self._options) or web.json_response(
            {"api_key_id": "rehearsal", "scopes": ["usage:write"], "project_uuid": PROJECT["project_id"]}
        )

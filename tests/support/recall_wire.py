"""What stands at the other end of the wire to Recall in tests, and the wire itself."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer

from shared.config import Secret
from shared.errors import MeetingError
from shared.recall_api import RecallApi

KEY = "key-CANARY"
BOT = '{"id": "b1", "status_changes": [], "meeting_url": {"platform": "zoom"}}'


class HastyClock:
    """Sleeping takes no time, and is remembered."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now_ms(self) -> int:
        return round(sum(self.slept) * 1000)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a call gets."""

    status: int = 200
    text: str = BOT
    headers: dict[str, str] = {}
    hangs: bool = False
    is_cut: bool = False


class ScriptedRecall:
    """Gives its answers in order, the last one for ever, and keeps what was asked."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        """Method, path, headers and body of each call."""
        self.is_over = asyncio.Event()

    @property
    def keys(self) -> list[str]:
        return [headers.get("Idempotency-Key", "") for _, _, headers, _ in self.asked]

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.raw_path, dict(request.headers), await request.read()))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if answer.hangs:
            await self.is_over.wait()
        if answer.is_cut and request.transport:
            request.transport.abort()
        return web.Response(status=answer.status, text=answer.text, headers=answer.headers)


@contextlib.asynccontextmanager
async def api_to(
    recall: ScriptedRecall, answer_s: float = 5.0, clock: HastyClock | None = None
) -> AsyncIterator[RecallApi]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", recall.answer)
    async with TestServer(app) as server:
        api = RecallApi(str(server.make_url("/")), Secret(KEY), MeetingError, answer_s, clock or HastyClock())
        try:
            yield api
        finally:
            recall.is_over.set()
            await api.close()


class CutLine:
    """A line to a server on this machine. The next `lose` POSTs arrive, but their answers are lost with it."""

    def __init__(self, port: int, lose: int) -> None:
        self._port, self.lose = port, lose
        self.url = ""
        self.requests: list[bytes] = []

    @property
    def keys(self) -> list[str]:
        found = [re.search(rb"Idempotency-Key: (\S+)", request) for request in self.requests]
        return [match[1].decode() for match in found if match]

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    await self.exchange(reader, writer, far_reader, far_writer)
        finally:
            for end in (writer, far_writer):
                end.close()

    async def exchange(self, reader, writer, far_reader, far_writer) -> None:
        self.requests.append(await http_message(reader))
        far_writer.write(self.requests[-1])
        answer = await http_message(far_reader)
        if self.lose > 0 and self.requests[-1].startswith(b"POST"):
            self.lose -= 1
            raise ConnectionResetError
        writer.write(answer)


async def http_message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return head + await reader.readexactly(int(length[1]) if length else 0)


@contextlib.asynccontextmanager
async def cut_line(to_url: str, lose: int = 1) -> AsyncIterator[CutLine]:
    line = CutLine(int(to_url.rpartition(":")[2]), lose)
    server = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    async with server:
        line.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield line

"""Clients that mean to hold a place: slow with headers, slow with a body, silent; and bodies that are too large."""

import asyncio
import contextlib
import io
import time
import zlib
from collections.abc import Sequence

import aiohttp
import msgspec

BODY_BYTES = 10_000_000
GZIP = 31
"""To zlib: with the header of gzip."""
FRAME_BYTES = 1024 * 1024 + 1
DRIP_S = 0.5
PATIENCE_S = 45.0
"""After that a connection counts as never cut."""
HEADERS = "headers"
BODY = "body"
SILENT = "silent"
KINDS = (HEADERS, BODY, SILENT)


class SlowClients:
    """Some of each kind, at one address; how long each was borne with."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key
        self.borne_s: dict[str, list[float]] = {kind: [] for kind in KINDS}

    async def run(self, count: int, kinds: Sequence[str] = KINDS) -> None:
        """Until the last one was cut."""
        await asyncio.gather(*(self._one(kinds[n % len(kinds)]) for n in range(count)))

    async def _one(self, kind: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        begun = time.monotonic()
        dripping = asyncio.create_task(drip(writer, self._beginning(kind), is_silent=kind == SILENT), name="drip")
        try:
            async with asyncio.timeout(PATIENCE_S):
                await until_closed(reader)
        except TimeoutError:
            pass
        finally:
            dripping.cancel()
            writer.close()
        self.borne_s[kind].append(time.monotonic() - begun)

    def _beginning(self, kind: str) -> bytes:
        if kind == HEADERS:
            return b"GET /meetings HTTP/1.1\r\nHost: localhost\r\n"
        own = f"Host: localhost\r\nAuthorization: Bearer {self._key}\r\nContent-Type: application/json\r\n"
        return f"POST /meetings/join HTTP/1.1\r\n{own}Content-Length: 60000\r\n\r\n".encode()


async def drip(writer: asyncio.StreamWriter, beginning: bytes, *, is_silent: bool) -> None:
    """The beginning at once, then a byte now and then: of a header that has no end, or of the body."""
    with contextlib.suppress(ConnectionError):
        if is_silent:
            return
        writer.write(beginning)
        while not writer.is_closing():
            writer.write(b"x")
            await asyncio.sleep(DRIP_S)


async def until_closed(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(ConnectionError):
        while await reader.read(65536):
            pass


class BadBody(msgspec.Struct, frozen=True, kw_only=True):
    """A body that is to be refused, and with what."""

    name: str
    content: bytes
    status: int
    encoding: str = ""
    in_chunks: bool | None = None
    """Without its length."""


def bad_bodies() -> Sequence[BadBody]:
    large = b'{"meeting_url": "' + b"x" * BODY_BYTES + b'"}'
    zeros = b"0" * BODY_BYTES * 5
    return (
        BadBody(name="10 MB", content=large, status=413),
        BadBody(name="10 MB in chunks", content=large, status=413, in_chunks=True),
        BadBody(name="deflate bomb", content=zlib.compress(zeros, 9), status=415, encoding="deflate"),
        BadBody(name="gzip bomb", content=zlib.compress(zeros, 9, GZIP), status=415, encoding="gzip"),
    )


async def throw_bodies(http: aiohttp.ClientSession, count: int) -> list[str]:
    """Each so often, all at once. Returns what was wrong with the answers."""
    wrong = await asyncio.gather(*(throw(http, body) for body in bad_bodies() for _ in range(count)))
    return [problem for problem in wrong if problem]


async def throw(http: aiohttp.ClientSession, body: BadBody) -> str:
    """A connection that is closed while we still send is an answer too."""
    headers = {"Content-Type": "application/json"}
    if body.encoding:
        headers["Content-Encoding"] = body.encoding
    try:
        content = io.BytesIO(body.content)
        async with http.post("/meetings/join", data=content, headers=headers, chunked=body.in_chunks) as answer:
            return "" if answer.status == body.status else f"{body.name}: {answer.status}"
    except aiohttp.ClientError:
        return ""


async def throw_frame(http: aiohttp.ClientSession, path: str) -> str:
    """A frame that is too large, to a socket that wants none."""
    async with http.ws_connect(path, max_msg_size=0) as socket:
        await socket.send_bytes(b"x" * FRAME_BYTES)
        async with asyncio.timeout(10):
            async for _ in socket:
                pass
        return "" if socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG else f"frame: closed {socket.close_code}"

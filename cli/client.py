"""A client of the gateway: calls that raise what went wrong in words, and events that resume."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Self

import aiohttp
import msgspec

from shared.config import Secret
from shared.errors import ChimeinError
from shared.events import AnyEvent

REDIAL_S = 0.5


class GatewayError(ChimeinError):
    """The gateway refused, or is not there; the text is for people."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class Gateway:
    """`async with Gateway(url, key) as gateway:`."""

    def __init__(self, url: str, key: Secret) -> None:
        self._url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {key.reveal()}"} if key else {}
        self._session = aiohttp.ClientSession(
            headers=headers, timeout=aiohttp.ClientTimeout(total=None, sock_connect=3)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, path: str, **params: str) -> dict[str, object]:
        return msgspec.json.decode(await self.call("GET", path, params=params), type=dict[str, object])

    async def post(self, path: str, body: object = None) -> dict[str, object]:
        return msgspec.json.decode(await self.call("POST", path, body=body), type=dict[str, object])

    async def delete(self, path: str) -> dict[str, object]:
        return msgspec.json.decode(await self.call("DELETE", path), type=dict[str, object])

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        accept: str = "*/*",
        params: Mapping[str, str] | None = None,
    ) -> bytes:
        """Raises GatewayError."""
        try:
            async with self._session.request(
                method, self._url + path, json=body, params=params, headers={"Accept": accept}
            ) as answer:
                content = await answer.read()
                if answer.status >= 400:
                    raise GatewayError(problem_in(content, answer.status), answer.status)
                return content
        except aiohttp.ClientError as error:
            raise GatewayError(
                f"no gateway answers at {self._url}: start the system with `chimein up`, or set CHIMEIN_URL"
            ) from error

    async def events(self, meeting_id: str) -> AsyncIterator[AnyEvent]:
        """From the first to the last, over as many connections as it takes; ends when the meeting is erased."""
        after = "0"
        decoder = msgspec.json.Decoder(AnyEvent)
        while True:
            try:
                async with self._session.get(
                    f"{self._url}/meetings/{meeting_id}/events", headers={"Last-Event-ID": after}
                ) as answer:
                    if answer.status >= 400:
                        raise GatewayError(problem_in(await answer.read(), answer.status), answer.status)
                    async for event_id, data in frames_of(answer.content):
                        after = event_id or after
                        with contextlib.suppress(msgspec.ValidationError):  # not an event, or of a later version
                            yield decoder.decode(data)
                return
            except aiohttp.ClientError:
                await asyncio.sleep(REDIAL_S)


async def frames_of(content: aiohttp.StreamReader) -> AsyncIterator[tuple[str, bytes]]:
    """The id (empty for a caption) and the data of each server-sent event."""
    event_id, data = "", b""
    async for raw in content:
        line = raw.rstrip(b"\r\n")
        if line.startswith(b"id: "):
            event_id = line[4:].decode()
        elif line.startswith(b"data: "):
            data = line[6:]
        elif not line and data:
            yield event_id, data
            event_id, data = "", b""


def problem_in(content: bytes, status: int) -> str:
    """RFC 9457 in one or two lines."""
    try:
        problem = msgspec.json.decode(content, type=dict[str, object])
    except msgspec.DecodeError:
        return f"the gateway answered {status}"
    lines = [str(problem.get("detail") or problem.get("title") or f"the gateway answered {status}")]
    errors = problem.get("errors")
    for error in errors if isinstance(errors, list) else []:
        lines.append(f"  {error.get('field')}: {error.get('problem')}; {error.get('remedy')}")
    return "\n".join(lines)

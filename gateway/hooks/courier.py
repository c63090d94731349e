"""One signed call to an endpoint, within bounds: of time, of the answer its head alone, no redirects, no proxies."""

import contextlib
import socket
import ssl
import time
from collections.abc import Sequence

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver

from gateway.hooks.addresses import NOT_FOR_US, ForbiddenAddressError, PublicResolver, problem_of
from gateway.hooks.deliveries import Answer
from shared.signatures import signature_of

ANSWER_WITHIN_S = 15.0
CONNECT_WITHIN_S = 5.0
AT_ONCE = 1000
"""Calls of one gateway under way."""
LONGEST_HEADER = 4096

TOLD: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (ForbiddenAddressError, f"not called: the address {NOT_FOR_US}"),
    (TimeoutError, "no answer in time"),
    ((aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError, ssl.SSLError), "its certificate is not trusted"),
    (socket.gaierror, "its name leads nowhere"),
    ((aiohttp.ServerDisconnectedError, ConnectionResetError), "it hung up"),
    (OSError, "it cannot be reached"),
)
"""What went wrong, in words."""


class Courier:
    """`close` it in the end."""

    def __init__(
        self, *, private_allowed: bool, within_s: float = ANSWER_WITHIN_S, names: AbstractResolver | None = None
    ) -> None:
        self._private_allowed = private_allowed
        names = names or aiohttp.ThreadedResolver()
        resolver = names if private_allowed else PublicResolver(names)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True, limit=AT_ONCE),
            timeout=aiohttp.ClientTimeout(total=within_s, sock_connect=CONNECT_WITHIN_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
        )

    async def close(self) -> None:
        await self._session.close()

    async def call(self, url: str, delivery_id: str, body: bytes, keys: Sequence[bytes]) -> Answer:
        """Never raises for what the other side does."""
        if problem := problem_of(url, private_allowed=self._private_allowed):
            return Answer(is_taken=False, told=f"not called: the address {problem}")
        begun = time.monotonic()
        try:
            answer = await self._post(url, body, signed(delivery_id, body, keys, int(time.time())))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            answer = Answer(is_taken=False, told=told_of(error))
        return msgspec.structs.replace(answer, took_ms=round((time.monotonic() - begun) * 1000))

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            response.close()  # the body is not for us, however long it is
            status = response.status
            retry_after_s = retry_after(response.headers.get("Retry-After", ""))
        if 200 <= status < 300:
            return Answer(is_taken=True, status=status, told=f"taken ({status})")
        if 300 <= status < 400:
            return Answer(is_taken=False, status=status, told=f"a redirect ({status}), which is not followed")
        return Answer(is_taken=False, status=status, told=f"refused ({status})", retry_after_s=retry_after_s)


def signed(delivery_id: str, body: bytes, keys: Sequence[bytes], now_s: int) -> dict[str, str]:
    """The headers of Standard Webhooks, with a signature by each secret that is good now."""
    content = f"{delivery_id}.{now_s}.".encode() + body
    return {
        "Content-Type": "application/json",
        "User-Agent": "chimein-webhooks/1",
        "webhook-id": delivery_id,
        "webhook-timestamp": str(now_s),
        "webhook-signature": " ".join(signature_of(key, content).decode() for key in keys),
    }


def told_of(error: BaseException) -> str:
    """In words, and without what the other side made up."""
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return next((text for kinds, text in TOLD if isinstance(inner, kinds)), "its answer cannot be read")


def retry_after(header: str) -> float:
    """Seconds; 0 where it is not told as a number."""
    with contextlib.suppress(ValueError):
        return max(0.0, float(header[:12]))
    return 0.0

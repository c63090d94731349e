"""Idempotency-Key: the same POST again has no second effect and gets the same answer.

Not the answer is kept but what it takes to find it again: the command's id and where the timeline ended before it. So
nothing that was said outlives the meeting, and a repeat may come to another gateway, or after this one died.
"""

import hashlib
from typing import Any, cast

from aiohttp import web

from gateway.bodies import raw_body
from gateway.callers import CALLER
from gateway.problems import Handler, ProblemError
from gateway.resources import BUS, CLOCK
from shared.bus import Bus
from shared.clock import Clock
from shared.events import new_id
from shared.scripting import SCRIPTS
from shared.streams import IDEMPOTENCY

KEPT_MS = 24 * 3600 * 1000
BUSY_MS = 10_000
"""How long a gateway may take from the claim to the command; after that it counts as dead."""
WAIT_MS = 12_000
POLL_S = 0.1
MAX_KEY = 255


class Claim:
    """The right to carry out a request, and what was already done for it. Without a key nothing is remembered."""

    def __init__(self, bus: Bus, key: str = "") -> None:
        self._redis, self._key = bus.redis, key
        self._claim = bus.redis.register_script((SCRIPTS / "claim.lua").read_text())
        self._facts: dict[bytes, bytes] = {}
        self.command_id = new_id()
        self.holds_lease = False

    async def take(self, fingerprint: str) -> bool:
        """Returns whether the request may go on. Raises ProblemError when the key belongs to another request."""
        leased, flat = await self._claim(
            keys=[self._name, self._lease], args=[fingerprint, self.command_id, KEPT_MS, BUSY_MS]
        )
        self._facts = dict(zip(flat[::2], flat[1::2], strict=True))
        self.holds_lease = bool(leased)
        if self._facts[b"fingerprint"] != fingerprint.encode():
            await self.release()
            raise key_reused()
        self.command_id = self._facts[b"command_id"].decode()
        return self.holds_lease or self.sent_after is not None

    @property
    def sent_after(self) -> bytes | None:
        """Where the timeline ended before the command was sent; None when it was not sent."""
        return self._facts.get(b"sent_after")

    def known(self, field: str) -> str | None:
        """What an earlier try of the same request remembered."""
        found = self._facts.get(field.encode())
        return found.decode() if found is not None else None

    async def mark_sent(self, after: bytes) -> bytes:
        """From here on a repeat waits for the reply instead of sending again."""
        await self.remember("sent_after", after.decode())
        await self.release()
        return after

    async def remember(self, field: str, value: str) -> str:
        """Returns what was remembered first."""
        if not self._key:
            return value
        pipe = self._redis.pipeline(transaction=False)
        pipe.hsetnx(self._name, field, value)
        pipe.hget(self._name, field)
        _, kept = await pipe.execute()
        return str(cast("bytes", kept).decode())

    async def failed(self, error: ProblemError) -> ProblemError:
        """A failure that may pass is forgotten: the same request under its key is then a fresh start."""
        if self._key and (error.problem.status >= 500 or error.problem.status == 429):
            await cast("Any", self._redis.delete(self._name, self._lease))
        return error

    async def release(self) -> None:
        if self.holds_lease:
            self.holds_lease = False
            await cast("Any", self._redis.delete(self._lease))

    @property
    def _name(self) -> str:
        return f"{self._key}claim"

    @property
    def _lease(self) -> str:
        return f"{self._key}busy"


CLAIM = web.RequestKey("claim", Claim)


@web.middleware
async def once(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Gives every POST its claim."""
    if request.method != "POST":
        return await handler(request)
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        request[CLAIM] = Claim(request.app[BUS])
        return await handler(request)
    claim = request[CLAIM] = Claim(request.app[BUS], name_of(request, key))
    await claimed(claim, fingerprint_of(request, await raw_body(request)), request.app[CLOCK])
    try:
        return await handler(request)
    finally:
        await claim.release()


async def claimed(claim: Claim, fingerprint: str, clock: Clock) -> None:
    """Waits while the same request is under way elsewhere. Raises ProblemError."""
    deadline = clock.now_ms() + WAIT_MS
    while not await claim.take(fingerprint):
        if clock.now_ms() > deadline:
            raise ProblemError(
                409, "still-in-progress", "the same request is under way: repeat it a little later", retry_after_s=2
            )
        await clock.sleep(POLL_S)


def name_of(request: web.Request, key: str) -> str:
    """Keys of different tenants never meet. Raises ProblemError."""
    if len(key) > MAX_KEY:
        raise ProblemError(400, "invalid-idempotency-key", f"Idempotency-Key: use at most {MAX_KEY} characters")
    tenant = request[CALLER].tenant if CALLER in request else ""
    return IDEMPOTENCY.format(digest=hashlib.sha256(f"{tenant}\n{key}".encode()).hexdigest()[:32])


def fingerprint_of(request: web.Request, body: bytes) -> str:
    return hashlib.sha256(f"{request.method} {request.path_qs}\n".encode() + body).hexdigest()


def key_reused() -> ProblemError:
    return ProblemError(
        409, "idempotency-key-reused", "this Idempotency-Key was used for another request: use a new key for each"
    )

"""Signed status webhooks, as Recall sends them through Svix: at least once, in no promised order."""

import asyncio
import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field

import aiohttp
import msgspec
import structlog

from rehearsal.recall.options import Faults, Options

ANSWER_S = 15.0
STALE_S = 600
OTHER_SECRET = "whsec_" + base64.b64encode(b"of another workspace").decode()

log = structlog.get_logger()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def signed_headers(
    secret: str, body: bytes = b"", message_id: str = "", *, family: str = "webhook", age_s: int = 0
) -> dict[str, str]:
    """Empty without a secret, as in a workspace that has none."""
    if not secret:
        return {}
    message_id, at = message_id or new_message_id(), int(time.time()) - age_s
    return {
        f"{family}-id": message_id,
        f"{family}-timestamp": str(at),
        f"{family}-signature": sign(secret, message_id, at, body),
    }


def new_message_id() -> str:
    return f"msg_{secrets.token_hex(12)}"


@dataclass
class Delivery:
    """One event on its way. Every attempt has the same id and a signature of its own."""

    event: str
    body: bytes
    message_id: str = field(default_factory=new_message_id)
    may_go: asyncio.Event = field(default_factory=asyncio.Event)


class Webhooks:
    """Delivers each event in a task of its own, so that a slow receiver delays no state."""

    def __init__(self, options: Options, faults: Faults | None = None) -> None:
        self._options, self._faults = options, faults or Faults()
        self._session: aiohttp.ClientSession | None = None
        self._deliveries: set[asyncio.Task[None]] = set()
        self._held: Delivery | None = None
        """To be overtaken by the next one."""
        self.sent: list[str] = []
        """Names of all events, delivered or not."""

    def emit(self, event: str, data: dict[str, object]) -> None:
        self.sent.append(event)
        if not self._options.webhook_url:
            return
        delivery = Delivery(event, msgspec.json.encode({"event": event, "data": data}))
        overtaken, self._held = self._held, None
        if self._faults.webhooks_swapped and overtaken is None:
            self._held = delivery
        else:
            delivery.may_go.set()
        task = asyncio.create_task(self.deliver(delivery, overtaken), name=f"webhook {event}")
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def deliver(self, delivery: Delivery, overtaken: Delivery | None) -> None:
        await delivery.may_go.wait()
        await asyncio.sleep(self._faults.webhooks_late_s)
        for wait_s in (0.0, *self._options.delays.webhook_retries_s):
            await asyncio.sleep(wait_s)
            taken = await self.attempt(delivery)
            if overtaken:
                overtaken.may_go.set()
            if taken:
                break
        else:
            log.warning("webhook.given_up", webhook=delivery.event)
        if self._faults.webhooks_twice:
            await self.attempt(delivery)

    async def attempt(self, delivery: Delivery) -> bool:
        headers = {**self.signature(delivery), "Content-Type": "application/json"}
        try:
            async with self.session().post(self._options.webhook_url, data=delivery.body, headers=headers) as response:
                return 200 <= response.status < 300
        except (aiohttp.ClientError, TimeoutError) as error:
            log.debug("webhook.failed", problem=type(error).__name__)
            return False

    def signature(self, delivery: Delivery) -> dict[str, str]:
        secret, age_s = self._options.webhook_secret.reveal(), 0
        if self._faults.bad_signatures > 0:
            self._faults.bad_signatures -= 1
            secret = OTHER_SECRET
        elif self._faults.stale_signatures > 0:
            self._faults.stale_signatures -= 1
            age_s = STALE_S
        return signed_headers(secret, delivery.body, delivery.message_id, family=self._options.signed_as, age_s=age_s)

    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S))
        return self._session

    async def flush(self, seconds: float) -> None:
        """Waits for what is on its way, not for what is being retried."""
        if self._held:
            self._held.may_go.set()
        if self._deliveries:
            await asyncio.wait(self._deliveries, timeout=seconds)

    async def close(self) -> None:
        for delivery in self._deliveries:
            delivery.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)
        if self._session:
            await self._session.close()

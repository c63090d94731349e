"""Signed status webhooks, as Recall sends them through Svix: at least once, in no promised order."""

import asyncio
import base64
import hashlib
import hmac
import secrets
import time

import aiohttp
import msgspec
import structlog

from rehearsal.recall_options import Options

ANSWER_S = 15.0

log = structlog.get_logger()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def signed_headers(secret: str, body: bytes = b"", message_id: str = "") -> dict[str, str]:
    """Empty without a secret, as in a workspace that has none."""
    if not secret:
        return {}
    message_id, now = message_id or new_message_id(), int(time.time())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(now),
        "webhook-signature": sign(secret, message_id, now, body),
    }


def new_message_id() -> str:
    return f"msg_{secrets.token_hex(12)}"


class Webhooks:
    """Delivers each event in a task of its own, so that a slow receiver delays no state."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._session: aiohttp.ClientSession | None = None
        self._deliveries: set[asyncio.Task[None]] = set()
        self.sent: list[str] = []
        """Names of all events, delivered or not."""

    def emit(self, event: str, data: dict[str, object]) -> None:
        self.sent.append(event)
        if not self._options.webhook_url:
            return
        body = msgspec.json.encode({"event": event, "data": data})
        delivery = asyncio.create_task(self.deliver(event, body), name=f"webhook {event}")
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._deliveries.discard)

    async def deliver(self, event: str, body: bytes) -> None:
        """Every attempt has the same id and a signature of its own."""
        message_id = new_message_id()
        for wait_s in (0.0, *self._options.delays.webhook_retries_s):
            await asyncio.sleep(wait_s)
            if await self.attempt(body, message_id):
                return
        log.warning("webhook.given_up", webhook=event)

    async def attempt(self, body: bytes, message_id: str) -> bool:
        headers = signed_headers(self._options.webhook_secret.reveal(), body, message_id)
        headers["Content-Type"] = "application/json"
        try:
            async with self.session().post(self._options.webhook_url, data=body, headers=headers) as response:
                return 200 <= response.status < 300
        except (aiohttp.ClientError, TimeoutError) as error:
            log.debug("webhook.failed", problem=type(error).__name__)
            return False

    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S))
        return self._session

    async def flush(self, seconds: float) -> None:
        """Waits for what is on its way, not for what is being retried."""
        if self._deliveries:
            await asyncio.wait(self._deliveries, timeout=seconds)

    async def close(self) -> None:
        for delivery in self._deliveries:
            delivery.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)
        if self._session:
            await self._session.close()

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from meetings_played import QUICK
from support import free_port

from rehearsal.recall_options import Options
from rehearsal.recall_webhooks import Webhooks, sign, signed_headers
from shared.config import Secret

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


class Receiver:
    """Answers with the given statuses, then with 204."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.received: list[tuple[dict[str, str], bytes]] = []

    async def receive(self, request: web.Request) -> web.Response:
        self.received.append((dict(request.headers), await request.read()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204)


@contextlib.asynccontextmanager
async def webhooks_to(receiver: Receiver) -> AsyncIterator[Webhooks]:
    app = web.Application()
    app.router.add_post("/webhooks/recall", receiver.receive)
    async with TestServer(app) as server:
        url = str(server.make_url("/webhooks/recall"))
        webhooks = Webhooks(Options(webhook_url=url, webhook_secret=Secret(SECRET), delays=QUICK))
        yield webhooks
        await webhooks.close()


@pytest.mark.parametrize(
    ("message_id", "body", "signature"),
    [
        ("msg_test1", b'{"event":"bot.done"}', "v1,nJZmKa9ZP9AtDn/+YjWFQ9LY9/9Wo2ZBC3gdTBO17i8="),
        ("msg_test2", b"", "v1,udIJ6Jq3kJGNqKqdw6sUMZmrtHv4/ABd04OmAJY3cp4="),
    ],
)
def test_signatures_are_those_of_the_test_vectors(message_id: str, body: bytes, signature: str) -> None:
    assert sign(SECRET, message_id, 1_750_000_000, body) == signature


def test_without_a_secret_nothing_is_signed() -> None:
    assert signed_headers("") == {}


async def test_an_event_arrives_with_a_signature_over_its_body() -> None:
    receiver = Receiver()
    async with webhooks_to(receiver) as webhooks:
        webhooks.emit("bot.done", {"bot": {"id": "b1"}})
        await webhooks.flush(5)
    headers, body = receiver.received[0]
    assert msgspec.json.decode(body) == {"event": "bot.done", "data": {"bot": {"id": "b1"}}}
    expected = sign(SECRET, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    assert headers["webhook-signature"] == expected


async def test_a_refused_event_comes_again_under_the_same_id() -> None:
    receiver = Receiver(500, 503)
    async with webhooks_to(receiver) as webhooks:
        webhooks.emit("bot.done", {})
        await webhooks.flush(5)
    assert len({headers["webhook-id"] for headers, _ in receiver.received}) == 1
    assert len(receiver.received) == 3


async def test_an_event_that_nobody_takes_is_given_up() -> None:
    receiver = Receiver(*[500] * 10)
    async with webhooks_to(receiver) as webhooks:
        webhooks.emit("bot.done", {})
        await webhooks.flush(5)
    assert len(receiver.received) == 1 + len(QUICK.webhook_retries_s)


async def test_a_receiver_that_is_not_there_is_tried_as_often() -> None:
    webhooks = Webhooks(Options(webhook_url=f"http://127.0.0.1:{free_port()}/webhooks/recall", delays=QUICK))
    webhooks.emit("bot.done", {})
    async with asyncio.timeout(5):
        await webhooks.flush(5)
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("webhook")]
    await webhooks.close()


async def test_without_an_address_events_are_only_remembered() -> None:
    webhooks = Webhooks(Options())
    webhooks.emit("bot.done", {})
    assert webhooks.sent == ["bot.done"]
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("webhook")]
    await webhooks.close()

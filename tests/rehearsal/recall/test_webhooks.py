import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from meetings_played import QUICK

from rehearsal.recall.options import Faults, Options
from rehearsal.recall.webhooks import Webhooks, sign, signed_headers
from shared.config import Secret
from shared.ports import free_port
from shared.signatures import delivery_of

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
KEY = b"0123456789abcdef0123456789abcdef"


class Receiver:
    """Answers with the given statuses, then with 204."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.received: list[tuple[dict[str, str], bytes]] = []

    async def receive(self, request: web.Request) -> web.Response:
        self.received.append((dict(request.headers), await request.read()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204)


@contextlib.asynccontextmanager
async def webhooks_to(receiver: Receiver, faults: Faults | None = None, **options: object) -> AsyncIterator[Webhooks]:
    app = web.Application()
    app.router.add_post("/webhooks/recall", receiver.receive)
    async with TestServer(app) as server:
        url = str(server.make_url("/webhooks/recall"))
        webhooks = Webhooks(Options(webhook_url=url, webhook_secret=Secret(SECRET), delays=QUICK, **options), faults)
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


# -- faults ------------------------------------------------------------------------------------------------------------


class Guard(Receiver):
    """Takes only what is signed well, as a gateway does."""

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.received.append((dict(request.headers), body))
        is_good = delivery_of(request.headers, body, [KEY], time.time()) is not None
        return web.Response(status=204 if is_good else 401)


def names(receiver: Receiver) -> list[str]:
    return [msgspec.json.decode(body)["event"] for _, body in receiver.received]


async def test_events_can_come_twice_under_one_id() -> None:
    receiver = Receiver()
    async with webhooks_to(receiver, Faults(webhooks_twice=True)) as webhooks:
        webhooks.emit("bot.done", {})
        await webhooks.flush(5)
    first, second = receiver.received
    assert first[1] == second[1]
    assert first[0]["webhook-id"] == second[0]["webhook-id"]


async def test_events_can_overtake_each_other() -> None:
    receiver = Receiver()
    async with webhooks_to(receiver, Faults(webhooks_swapped=True)) as webhooks:
        for event in ("bot.a", "bot.b", "bot.c", "bot.d", "bot.e"):
            webhooks.emit(event, {})
        await webhooks.flush(5)
    assert names(receiver).index("bot.b") < names(receiver).index("bot.a")
    assert names(receiver).index("bot.d") < names(receiver).index("bot.c")
    assert sorted(names(receiver)) == ["bot.a", "bot.b", "bot.c", "bot.d", "bot.e"]


async def test_events_can_come_late() -> None:
    receiver, faults = Receiver(), Faults(webhooks_late_s=0.1)
    async with webhooks_to(receiver, faults) as webhooks:
        webhooks.emit("bot.a", {})
        await asyncio.sleep(0)
        faults.webhooks_late_s = 0.0
        webhooks.emit("bot.b", {})
        await webhooks.flush(5)
    assert names(receiver) == ["bot.b", "bot.a"]


@pytest.mark.parametrize("fault", ["bad_signatures", "stale_signatures"])
async def test_an_event_with_a_wrong_signature_comes_again_with_a_right_one(fault: str) -> None:
    guard = Guard()
    async with webhooks_to(guard, Faults(**{fault: 1})) as webhooks:
        webhooks.emit("bot.done", {})
        await webhooks.flush(5)
    good = [delivery_of(headers, body, [KEY], time.time()) is not None for headers, body in guard.received]
    assert good == [False, True]


async def test_an_older_workspace_has_the_other_headers() -> None:
    receiver = Receiver()
    async with webhooks_to(receiver, signed_as="svix") as webhooks:
        webhooks.emit("bot.done", {})
        await webhooks.flush(5)
    ((headers, body),) = receiver.received
    assert {name for name in headers if name.startswith(("svix-", "webhook-"))} == {
        *("svix-id", "svix-timestamp", "svix-signature")
    }
    assert headers["svix-signature"] == sign(SECRET, headers["svix-id"], int(headers["svix-timestamp"]), body)

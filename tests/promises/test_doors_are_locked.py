"""Promise 16, webhooks: whatever is not rightly signed, now and for the first time, is refused before any write."""

import base64
import contextlib
import json
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial

import pytest
from aiohttp.test_utils import TestClient
from served import Served

from gateway.app import build_app
from gateway.config import GatewaySettings
from shared.bus import Bus
from shared.config import Secret
from shared.connections import connect
from shared.events import CODEC, ReportBotStatus
from shared.signatures import signature_of
from shared.streams import INGEST, SETTINGS, STATUS, MeetingKeys, new_meeting_id

OLD, NEW, OTHER = (name * 32 for name in (b"o", b"n", b"x"))
TRIES = 100
Headers = dict[str, str]


class Door:
    """The gateway, a meeting to report about, and all that Redis holds."""

    def __init__(self, client: TestClient, bus: Bus) -> None:
        self.client, self.bus, self.meeting_id = client, bus, new_meeting_id(7)

    def body(self, meeting_id: str = "") -> bytes:
        about = {"code": "in_call_recording", "sub_code": None, "updated_at": "2026-01-10T09:00:20+00:00"}
        bot = {"id": "bot-1", "metadata": {"meeting_id": meeting_id or self.meeting_id}}
        return json.dumps({"event": "bot.in_call_recording", "data": {"data": about, "bot": bot}}).encode()

    async def knock(self, headers: Headers, body: bytes) -> tuple[int, bytes]:
        async with self.client.post("/webhooks/recall", data=body, headers=headers) as answer:
            return answer.status, await answer.read()

    async def look(self, meeting_id: str) -> tuple[int, bytes]:
        """With a key that is none; the answer without the address, which it repeats."""
        path = f"/meetings/{meeting_id}/status"
        async with self.client.get(path, headers={"Authorization": f"Bearer {'x' * 32}"}) as answer:
            return answer.status, (await answer.read()).replace(path.encode(), b"")

    async def commands(self) -> list[ReportBotStatus]:
        found = await self.bus.redis.xrange(MeetingKeys(self.meeting_id).shard.commands(INGEST))
        return [CODEC.decode(fields) for _, fields in found]

    async def everything(self) -> dict[bytes, bytes]:
        """All keys with what they hold, byte for byte."""
        return {name: await self.bus.redis.dump(name) for name in await self.bus.redis.keys("*")}


@contextlib.asynccontextmanager
async def door_at(redis_url: str, **settings: Secret) -> AsyncIterator[Door]:
    async with contextlib.AsyncExitStack() as stack:
        clients = [connect(redis_url) for _ in range(3)]
        for client in clients:
            stack.push_async_callback(client.aclose)
        await clients[0].flushall()
        app = build_app(GatewaySettings(**settings), Bus(clients[0]), clients[1])
        made = Door(await stack.enter_async_context(TestClient(Served(app))), Bus(clients[2]))
        await made.bus.redis.hset(MeetingKeys(made.meeting_id).state, mapping={STATUS: "joining", SETTINGS: "{}"})
        yield made


@pytest.fixture
async def door(redis_url: str) -> AsyncIterator[Door]:
    """While the secret is being rotated."""
    async with door_at(redis_url, recall_webhook_secret=setting_of(NEW, OLD)) as made:
        yield made


def setting_of(*secrets: bytes) -> Secret:
    return Secret(" ".join("whsec_" + base64.b64encode(secret).decode() for secret in secrets))


def signed(
    body: bytes, *, secret: bytes = NEW, skew_s: int = 0, family: str = "webhook", delivery: str = "d-1"
) -> Headers:
    timestamp = str(int(time.time()) + skew_s)
    signature = signature_of(secret, f"{delivery}.{timestamp}.".encode() + body).decode()
    return {f"{family}-id": delivery, f"{family}-timestamp": timestamp, f"{family}-signature": signature}


def with_signature(body: bytes, change: Callable[[str], str]) -> Headers:
    headers = signed(body)
    return {**headers, "webhook-signature": change(headers["webhook-signature"])}


def hexadecimal(signature: str) -> str:
    return "v1," + base64.b64decode(signature.removeprefix("v1,")).hex()


def without(body: bytes, name: str) -> Headers:
    headers = signed(body)
    del headers[name]
    return headers


BAD: dict[str, Callable[[bytes], tuple[Headers, bytes]]] = {
    "missing": lambda body: ({}, body),
    "id missing": lambda body: (without(body, "webhook-id"), body),
    "timestamp missing": lambda body: (without(body, "webhook-timestamp"), body),
    "signature missing": lambda body: (without(body, "webhook-signature"), body),
    "empty": lambda body: (with_signature(body, lambda _: ""), body),
    "wrong": lambda body: (with_signature(body, lambda _: "v1," + "A" * 43 + "="), body),
    "cut short": lambda body: (with_signature(body, lambda signature: signature[:-4]), body),
    "of a version nobody knows": lambda body: (with_signature(body, lambda one: one.replace("v1", "v1a")), body),
    "301 s old": lambda body: (signed(body, skew_s=-301), body),
    "301 s ahead": lambda body: (signed(body, skew_s=302), body),
    "other secret": lambda body: (signed(body, secret=OTHER), body),
    "no secret at all": lambda body: (signed(body, secret=b""), body),
    "another delivery's": lambda body: ({**signed(body), "webhook-id": "d-2"}, body),
    "time moved on": lambda body: ({**signed(body), "webhook-timestamp": str(int(time.time()) + 9)}, body),
    "changed byte": lambda body: (signed(body), body.replace(b"in_call", b"in_cell", 1)),
    "byte added": lambda body: (signed(body), body + b"\n"),
    "body gone": lambda body: (signed(body), b""),
    "hexadecimal": lambda body: (with_signature(body, hexadecimal), body),
    "text in another encoding": lambda body: (signed(body), body.decode().encode("utf-16")),
    "families mixed": lambda body: (
        {**without(body, "webhook-signature"), "svix-signature": signed(body)["webhook-signature"]},
        body,
    ),
}
GOOD: dict[str, Callable[[bytes], Headers]] = {
    "new secret": lambda body: signed(body, secret=NEW),
    "old secret while it is rotated": lambda body: signed(body, secret=OLD),
    "older dashboards' headers": lambda body: signed(body, family="svix"),
    "one good of several": lambda body: with_signature(body, lambda one: f"v1,{'A' * 43}= {one} v2,zz"),
    "298 s old": lambda body: signed(body, skew_s=-298),
    "299 s ahead": lambda body: signed(body, skew_s=299),
}


@pytest.mark.parametrize("how", BAD)
async def test_bad_signature_is_refused_before_any_write(door, how):
    before = await door.everything()
    status, answer = await door.knock(*BAD[how](door.body()))
    assert (status, json.loads(answer)["type"]) == (401, "urn:chimein:problem:bad-signature")
    assert await door.everything() == before


@pytest.mark.parametrize("how", GOOD)
async def test_good_signature_is_accepted(door, how):
    status, _ = await door.knock(GOOD[how](door.body()), door.body())
    (command,) = await door.commands()
    assert (status, command.meeting_id, command.code) == (204, door.meeting_id, "in_call_recording")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_packed_body_is_refused_before_any_write(door, encoding):
    before = await door.everything()
    status, _ = await door.knock({**signed(door.body()), "Content-Encoding": encoding}, door.body())
    assert status == 415
    assert await door.everything() == before


async def test_replayed_delivery_is_refused_before_any_write(door):
    headers = signed(door.body())
    first, _ = await door.knock(headers, door.body())
    before = await door.everything()
    again, answer = await door.knock(headers, door.body())
    assert (first, again, json.loads(answer)["type"]) == (204, 401, "urn:chimein:problem:replayed")
    assert await door.everything() == before


async def test_delivery_that_the_platform_repeats_is_accepted_and_has_one_effect(door):
    statuses = [(await door.knock(signed(door.body(), skew_s=skew_s), door.body()))[0] for skew_s in (0, 1, 2)]
    assert (statuses, len(await door.commands())) == ([204] * 3, 1)


async def test_secret_that_was_rotated_out_is_refused(redis_url):
    async with door_at(redis_url, recall_webhook_secret=setting_of(NEW)) as door:
        before = await door.everything()
        status, _ = await door.knock(signed(door.body(), secret=OLD), door.body())
        assert status == 401
        assert await door.everything() == before


async def test_refusal_tells_a_stranger_nothing_about_meetings(door):
    """Byte for byte and in time the same, whether there is such a meeting or not."""
    bodies = door.body(), door.body(new_meeting_id(7))
    answers, ratio = await compared([partial(door.knock, signed(body, secret=OTHER), body) for body in bodies])
    assert len(answers) == 1
    assert ratio < 1.2


async def test_rightly_signed_report_is_answered_the_same_for_any_meeting(door):
    ours, nobodys = door.body(), door.body(new_meeting_id(7))
    answers = [await door.knock(signed(body, delivery=str(n)), body) for n, body in enumerate((ours, nobodys))]
    assert answers == [(204, b"")] * 2


async def test_caller_without_a_key_learns_nothing_about_meetings(redis_url):
    async with door_at(redis_url, chimein_api_keys=Secret("k" * 32)) as door:
        answers, ratio = await compared([partial(door.look, one) for one in (door.meeting_id, new_meeting_id(7))])
    assert {status for status, _ in answers} == {401}
    assert len(answers) == 1
    assert ratio < 1.2


async def compared(tries: Sequence[Callable[[], Awaitable[tuple[int, bytes]]]]) -> tuple[set[tuple[int, bytes]], float]:
    """The answers, and the slower median time as a multiple of the quicker; by turns, so that noise hits all alike."""
    answers, taken_s = set(), [[] for _ in tries]
    for _ in range(TRIES):
        for attempt, times in zip(tries, taken_s, strict=True):
            begun = time.perf_counter()
            answers.add(await attempt())
            times.append(time.perf_counter() - begun)
    medians = [statistics.median(times) for times in taken_s]
    return answers, max(medians) / min(medians)

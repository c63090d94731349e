"""Promise 16: doors are locked. A real gateway and a real ingest, and everybody who must not come in."""

import asyncio
import secrets
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, cast

import aiohttp
import msgspec
from redis.asyncio import Redis
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from rehearsal.made_meetings import SECRET as MEETING_SECRET
from rehearsal.made_meetings import socket_path
from rehearsal.promises.rig import Outcome, Rig, is_open, until
from rehearsal.promises.tokens import try_tokens
from rehearsal.recall.webhooks import sign
from shared.ports import free_port
from shared.socket_tokens import GOOD_FOR_S, new_token
from shared.streams import CHECKED_AT, INDEXED, LINKED_AT, STATUS, TOLD, MeetingKeys

OLD = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
NEW = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
OTHER = "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldCBrZXkgaGVyZSE="
TRIES = 100
ALIKE = 0.2
UNKNOWN = "m-03-" + "a" * 20

Headers = dict[str, str]
Knock = Callable[[Headers, bytes], Awaitable[int]]


def signed(body: bytes, *, secret: str = NEW, age_s: int = 0, family: str = "webhook", name: str = "") -> Headers:
    name, at = name or f"msg_{secrets.token_hex(6)}", int(time.time()) - age_s
    return {f"{family}-id": name, f"{family}-timestamp": str(at), f"{family}-signature": sign(secret, name, at, body)}


def good_of(body: bytes) -> dict[str, tuple[Headers, bytes]]:
    return {
        "new secret": (signed(body), body),
        "old secret while it is rotated": (signed(body, secret=OLD), body),
        "older family of headers": (signed(body, family="svix"), body),
        "almost too old": (signed(body, age_s=280), body),
        "another's signature beside it": (beside(signed(body)), body),
    }


def bad_of(body: bytes) -> dict[str, tuple[Headers, bytes]]:
    whole = signed(body)
    signature = whole["webhook-signature"]
    return {
        "missing": ({}, body),
        "wrong": ({**whole, "webhook-signature": "v1," + "A" * 43 + "="}, body),
        "301 s old": (signed(body, age_s=301), body),
        "of the future": (signed(body, age_s=-302), body),
        "other secret": (signed(body, secret=OTHER), body),
        "another delivery's": ({**whole, "webhook-id": "msg_other"}, body),
        "time moved on": ({**whole, "webhook-timestamp": str(int(time.time()) + 9)}, body),
        "changed byte": (whole, body + b" "),
        "cut short": ({**whole, "webhook-signature": signature[:-4]}, body),
        "of another version": ({**whole, "webhook-signature": signature.replace("v1", "v2")}, body),
        "not base64": ({**whole, "webhook-signature": "v1,???"}, body),
        "id missing": ({name: value for name, value in whole.items() if name != "webhook-id"}, body),
    }


def beside(headers: Headers) -> Headers:
    return {**headers, "webhook-signature": "v1,AAAA " + headers["webhook-signature"]}


LOOKED_AFTER = (CHECKED_AT, LINKED_AT, INDEXED, TOLD)
"""Fields of a meeting's state that ingest and its clerk write now and then, whoever knocks."""


class Doors:
    """What was tried, and what came of it."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self.refused = self.accepted = self.wrote = 0
        self.failures: list[str] = []

    async def refuse(self, name: str, knock: Awaitable[int], *expected: int) -> None:
        """Neither let in nor allowed to change a single key."""
        before = await self._everything()
        status = await knock
        self.refused += status in expected
        self.failures += [f"{name}: {status}"] * (status not in expected)
        changed = changes(before, await self._everything())
        self.wrote += bool(changed)
        self.failures += [f"{name}: something was written: {', '.join(changed)}"] * bool(changed)

    async def accept(self, name: str, knock: Awaitable[int], expected: int) -> None:
        status = await knock
        self.accepted += status == expected
        self.failures += [f"{name}: {status}"] * (status != expected)

    async def _everything(self) -> dict[bytes, object]:
        """All keys byte for byte, but for what workers write all the time: heartbeats, leases, how far they read, and
        the words that wake their readers."""
        redis = self._rig.bus.redis
        found: dict[bytes, object] = {}
        for name in cast("list[bytes]", await redis.keys("*")):
            if not any(part in name for part in (b"workers", b":lease:", b":own:", b":settled:", b":wake:")):
                found[name] = await (redis.xlen(name) if b":commands:" in name else content_of(redis, name))
        return found


async def content_of(redis: Redis, name: bytes) -> object:
    """A large hash is dumped in an order that changes while the server moves it to a larger table."""
    if await redis.type(name) != b"hash":
        return await cast("Any", redis.dump(name))
    fields: dict[bytes, bytes] = await cast("Any", redis.hgetall(name.decode()))
    return {field: value for field, value in fields.items() if field.decode() not in LOOKED_AFTER}


def changes(before: dict[bytes, object], after: dict[bytes, object]) -> list[str]:
    """Names of the keys that are not as they were, and of a hash's fields."""
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return [f"{name.decode()} {fields_changed(before.get(name), after.get(name))}".strip() for name in changed]


def fields_changed(before: object, after: object) -> str:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return ""
    return ", ".join(sorted(str(name) for name in {*before, *after} if before.get(name) != after.get(name)))


async def run(rig: Rig) -> Outcome:
    gateway, ears = free_port(), free_port()
    secret = f"{NEW},{OLD}"
    await rig.start("gateway", "gateway", GATEWAY_PORT=str(gateway), RECALL_WEBHOOK_SECRET=secret)
    await rig.start("ingest", "ingest", INGEST_PORT=str(ears), RECALL_WEBHOOK_SECRET=secret)
    for port in (gateway, ears):
        await until(partial(is_open, port), 30)
    await asyncio.sleep(1.0)
    doors = Doors(rig)
    alike = {"meeting": await try_tokens(rig, doors)}
    async with aiohttp.ClientSession() as http:
        await try_webhooks(rig, doors, partial(post, http, f"http://127.0.0.1:{gateway}/webhooks/recall"))
        alike["socket"] = await try_sockets(rig, doors, f"ws://127.0.0.1:{ears}")
    for what, differ in alike.items():
        doors.failures += [f"{what}: unknown and not yours differ by {differ:.0%} in time"] * (differ > ALIKE)
    figures: dict[str, float | int | str] = {
        "bad_refused": doors.refused,
        "good_accepted": doors.accepted,
        "writes_by_the_refused": doors.wrote,
        **{f"{what}_unknown_against_not_yours_time_difference": round(differ, 3) for what, differ in alike.items()},
    }
    return Outcome(16, "doors are locked", figures, doors.failures)


async def try_webhooks(rig: Rig, doors: Doors, knock: Knock) -> None:
    (meeting_id,) = await rig.new_meetings(1)
    bot = {"id": "bot-1", "metadata": {"meeting_id": meeting_id}}
    state = {"code": "joining_call", "sub_code": None, "updated_at": "2026-01-10T09:00:20+00:00"}
    body = msgspec.json.encode({"event": "bot.joining_call", "data": {"data": state, "bot": bot}})
    for name, (headers, sent) in bad_of(body).items():
        await doors.refuse(f"webhook, {name}", knock(headers, sent), 401)
    for name, (headers, sent) in good_of(body).items():
        await doors.accept(f"webhook, {name}", knock(headers, sent), 204)
    once = signed(body)
    await doors.accept("webhook, once", knock(once, body), 204)
    await asyncio.sleep(1.0)
    await doors.refuse("webhook, replayed", knock(once, body), 401)


async def try_sockets(rig: Rig, doors: Doors, url: str) -> float:
    """Returns by how much the times of two refusals differ, of the quicker quarter of each."""
    meeting_id, other, over = await rig.new_meetings(3)
    path, here, now = socket_path(meeting_id), f"/recall/{meeting_id}/?token=", time.time()
    for name, (headers, _) in bad_of(b"").items():
        if name != "changed byte":
            await doors.refuse(f"socket, {name}", dial(url + path, headers), 401)
    await rig.bus.redis.hset(MeetingKeys(over).state, STATUS, "ended")
    strangers = {
        "no token": f"/recall/{meeting_id}/",
        "wrong token": f"{here}wrong",
        "expired token": here + new_token(MEETING_SECRET, meeting_id, now - GOOD_FOR_S - 1),
        "another meeting's token": here + new_token(MEETING_SECRET, other, now),
        "guessed secret": here + new_token("guessed", meeting_id, now),
        "token of a meeting that is over": socket_path(over),
        "unknown meeting": socket_path(UNKNOWN),
    }
    for name, target in strangers.items():
        await doors.refuse(f"socket, {name}", dial(url + target, signed(b"")), 403)
    for name, (headers, _) in good_of(b"").items():
        await doors.accept(f"socket, {name}", dial(url + path, headers), 101)
    not_yours = here + f"{now + 100:.0f}.{'0' * 64}"
    unknown = not_yours.replace(meeting_id, UNKNOWN)
    took: dict[str, list[float]] = {not_yours: [], unknown: []}
    for _ in range(TRIES):
        for target, times in took.items():
            began = time.perf_counter()
            await dial(url + target, signed(b""))
            times.append(time.perf_counter() - began)
    first, second = (statistics.quantiles(times, n=4)[0] for times in took.values())
    return abs(first - second) / max(first, second)


async def post(http: aiohttp.ClientSession, url: str, headers: Headers, body: bytes) -> int:
    async with http.post(url, data=body, headers=headers) as answer:
        return answer.status


async def dial(url: str, headers: Headers) -> int:
    """101, or the status of the refusal."""
    try:
        async with connect(url, additional_headers=headers, compression=None, proxy=None):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code

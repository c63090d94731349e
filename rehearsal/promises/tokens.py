"""The part of promise 16 that is about keys and browser sessions: the wrong ones open nothing, and change nothing."""

import base64
import hmac
import statistics
import time
from functools import partial
from typing import Any, Protocol

import aiohttp
import jwt
import msgspec

from rehearsal.promises.rig import Rig, is_open, until
from shared.api_keys import ApiKeys, Scope
from shared.clock import SystemClock
from shared.ports import free_port
from shared.streams import TENANT, MeetingKeys

KEY, OTHERS_KEY = "a-key-of-a-rig-that-guards-nothing", "another-key-of-a-rig-for-nothing"
NEW, OLD, STRANGE = "n" * 40, "o" * 40, "s" * 40
"""Secrets of sessions: both of the first two are good while one is rotated."""
COOKIE = "chimein_session"
SETTINGS = {
    "CHIMEIN_API_KEYS": f"acme:{KEY},other:{OTHERS_KEY}",
    "SESSION_SECRET": f"{NEW},{OLD}",
    "RATE_READS_PER_MINUTE": "0",
    "RATE_WRITES_PER_MINUTE": "0",
}
UNKNOWN = "m-03-" + "b" * 20
TRIES = 300

Headers = dict[str, str]
Claims = dict[str, Any]


class Witness(Protocol):
    """Who looks whether a knock was answered rightly, and whether it changed anything."""

    async def refuse(self, name: str, knock: Any, *expected: int) -> None: ...

    async def accept(self, name: str, knock: Any, expected: int) -> None: ...


async def try_tokens(rig: Rig, doors: Witness) -> float:
    """Returns by how much the times of "unknown" and "not yours" differ."""
    port = free_port()
    await rig.start("gateway", "gateway-with-keys", GATEWAY_PORT=str(port), **SETTINGS)
    await until(partial(is_open, port), 30)
    jar = aiohttp.DummyCookieJar()
    url = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession(url, cookie_jar=jar) as http:
        await try_keys(rig, doors, http)
        await try_sessions(doors, http, url)
        return await difference(rig, doors, http)


# -- keys ----------------------------------------------------------------------------------------------------------


async def try_keys(rig: Rig, doors: Witness, http: aiohttp.ClientSession) -> None:
    keys, clock = ApiKeys(rig.bus.redis, SystemClock()), SystemClock()
    expired, expired_text = await keys.issue("acme", "", [Scope.READ], ends_at=clock.now_ms() - 1)
    revoked, revoked_text = await keys.issue("acme", "", [Scope.READ])
    await keys.revoke(revoked.id)
    _, narrow_text = await keys.issue("acme", "", [Scope.ASK])
    _, old_text = made = await keys.issue("acme", "", [Scope.READ])
    _, new_text = await keys.rotate(made[0].id, old_ends_at=clock.now_ms() + 60_000)
    bad = {
        "missing": {},
        "wrong": bearing("x" * 40),
        "of another scheme": {"Authorization": f"Basic {KEY}"},
        "cut short": bearing(KEY[:-1]),
        "expired": bearing(expired_text.reveal()),
        "revoked": bearing(revoked_text.reveal()),
        "its digest": bearing(expired.digest),
        "as a cookie": {"Cookie": f"{COOKIE}={KEY}"},
    }
    for name, headers in bad.items():
        await doors.refuse(f"key, {name}", look(http, headers), 401)
    await doors.refuse("key, in the address", look(http, {}, f"/meetings?key={KEY}"), 401)
    await doors.refuse("key, without the scope", look(http, bearing(narrow_text.reveal())), 403)
    for name, text in {
        "configured": KEY,
        "rotated out soon": old_text.reveal(),
        "its successor": new_text.reveal(),
    }.items():
        await doors.accept(f"key, {name}", look(http, bearing(text)), 200)


def bearing(key: str) -> Headers:
    return {"Authorization": f"Bearer {key}"}


async def look(http: aiohttp.ClientSession, headers: Headers, path: str = "/meetings") -> int:
    async with http.get(path, headers=headers) as answer:
        await answer.read()
        return answer.status


# -- sessions ------------------------------------------------------------------------------------------------------


async def try_sessions(doors: Witness, http: aiohttp.ClientSession, own: str) -> None:
    """`own`: the origin of our own page."""
    claims = await claims_of_a_session(http)
    for name, token in bad_tokens(claims).items():
        await doors.refuse(f"session, {name}", look(http, {"Cookie": f"{COOKIE}={token}"}), 401)
    for name, secret in {"new secret": NEW, "old secret while it is rotated": OLD}.items():
        await doors.accept(f"session, {name}", look(http, {"Cookie": f"{COOKIE}={signed(claims, secret)}"}), 200)
    cookie = {"Cookie": f"{COOKIE}={signed(claims)}"}
    await doors.refuse(
        "session, acting from another site", act(http, {**cookie, "Origin": "https://evil.example"}), 403
    )
    await doors.refuse("session, acting from nowhere", act(http, cookie), 403)
    await doors.accept("session, signing out", act(http, {**cookie, "Origin": own}), 204)
    await doors.refuse("session, after signing out", look(http, cookie), 401)


async def act(http: aiohttp.ClientSession, headers: Headers) -> int:
    async with http.delete("/session", headers=headers) as answer:
        return answer.status


async def claims_of_a_session(http: aiohttp.ClientSession) -> Claims:
    async with http.post("/session", headers=bearing(KEY)) as answer:
        token = answer.headers["Set-Cookie"].partition(";")[0].partition("=")[2]
    found: Claims = jwt.decode(token, options={"verify_signature": False})
    return found


def bad_tokens(claims: Claims) -> dict[str, str]:
    good = signed(claims)
    head, body, signature = good.split(".")
    return {
        "none": unsigned(claims, "none"),
        "None": unsigned(claims, "None"),
        "unsigned though it says so": unsigned(claims, "HS256"),
        "wrong algorithm": signed(claims, NEW * 2, algorithm="HS512"),
        "expired": signed({**claims, "exp": int(time.time()) - 1}),
        "without an end": signed({name: value for name, value in claims.items() if name != "exp"}),
        "other audience": signed({**claims, "aud": "somebody-else"}),
        "without audience": signed({name: value for name, value in claims.items() if name != "aud"}),
        "other issuer": signed({**claims, "iss": "somebody-else"}),
        "other secret": signed(claims, STRANGE),
        "empty secret": signed(claims, ""),
        "other tenant": signed({**claims, "sub": "other"}),
        "key that never was": signed({**claims, "key": "abcdefghjk"}),
        "changed byte": ".".join([head, body[:-2] + ("AA" if body[-2:] != "AA" else "BB"), signature]),
        "cut short": good[:-3],
        "another's signature": ".".join([head, body, signed({**claims, "jti": "x"}).rpartition(".")[2]]),
        "not a token": "a.b.c",
    }


def signed(claims: Claims, secret: str = NEW, algorithm: str = "HS256") -> str:
    """By hand: libraries refuse to make what a stranger would try."""
    text = written(claims, algorithm)
    return f"{text}.{encoded(hmac.digest(secret.encode(), text.encode(), f'sha{algorithm[2:]}'))}"


def unsigned(claims: Claims, algorithm: str) -> str:
    return f"{written(claims, algorithm)}."


def written(claims: Claims, algorithm: str) -> str:
    head = msgspec.json.encode({"alg": algorithm, "typ": "JWT"})
    return f"{encoded(head)}.{encoded(msgspec.json.encode(claims))}"


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


# -- unknown and not yours -----------------------------------------------------------------------------------------


async def difference(rig: Rig, doors: Witness, http: aiohttp.ClientSession) -> float:
    """Of the quicker quarter: what else the machine does is not told by it."""
    (meeting_id,) = await rig.new_meetings(1)
    await rig.bus.redis.hset(MeetingKeys(meeting_id).state, TENANT, "acme")
    headers, took = bearing(OTHERS_KEY), dict[str, list[float]]()
    for path in (f"/meetings/{meeting_id}/status", f"/meetings/{UNKNOWN}/status"):
        await doors.refuse(
            f"meeting, {'not yours' if meeting_id in path else 'unknown'}", look(http, headers, path), 404
        )
        took[path] = []
    for _ in range(TRIES):
        for path, times in took.items():
            began = time.perf_counter()
            await look(http, headers, path)
            times.append(time.perf_counter() - began)
    first, second = (statistics.quantiles(times, n=4)[0] for times in took.values())
    return abs(first - second) / max(first, second)

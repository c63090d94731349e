"""Promise 18: tenants cannot meet, budgets hold. Three gateways, strangers to each other, and one who floods them."""

import asyncio
import secrets
import time
from collections import Counter
from functools import partial
from itertools import cycle
from typing import Any

import aiohttp
import msgspec

from rehearsal.api_calls import calls_about
from rehearsal.instant_workers import InstantWorkers
from rehearsal.openai.bodies import Reply
from rehearsal.openai.server import API_KEY, OpenAIServer
from rehearsal.promises.flood import flood, judged
from rehearsal.promises.rig import Outcome, Rig, is_open, until
from shared.events import Line, LineHeard, new_id
from shared.ports import free_port
from shared.streams import BRAIN, SHARDS, MeetingKeys, ShardKeys, spending_key

TENANTS = ("acme", "other", "third", "flooder", "neighbour")
KEYS = {name: f"{name}-key-of-a-rig-for-nothing" for name in TENANTS}
GATEWAYS = 3
CANARY = "The canary sings at midnight."
MEETINGS_CAP, MEETINGS_TRIED = 3, 12
MONTH_CAP_USD = 1.0
PRICED = "gpt-5-mini"
"""A model whose price is known."""
LIMIT = 300
LINKS = "https://meet.google.com/abc-defg-hi"

Http = aiohttp.ClientSession
Figures = dict[str, float | int | str]


async def run(rig: Rig) -> Outcome:
    ports = [await start(rig, f"gateway-{n + 1}") for n in range(GATEWAYS)]
    failures: list[str] = []
    async with aiohttp.ClientSession() as http:
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        async with InstantWorkers(rig.bus, rig.redis_url):
            figures = await try_each_others(rig, http, urls, failures)
            figures |= await try_meetings(rig, http, urls, failures)
            flooded = await flood(http, urls, KEYS["flooder"], KEYS["neighbour"], LIMIT, rig.load.seconds)
        figures |= judged(flooded, LIMIT, failures)
        figures |= await try_month(rig, http, urls[0], failures)
    return Outcome(18, "tenants cannot meet, budgets hold", figures, failures)


async def start(rig: Rig, name: str) -> int:
    """Returns the gateway's port."""
    port = free_port()
    settings = {
        "CHIMEIN_API_KEYS": ",".join(f"{tenant}:{key}" for tenant, key in KEYS.items()),
        "RATE_READS_PER_MINUTE": str(LIMIT),
        "TENANT_MEETINGS": str(MEETINGS_CAP),
    }
    await rig.start("gateway", name, GATEWAY_PORT=str(port), **settings)
    await until(partial(is_open, port), 30)
    return port


def bearing(tenant: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {KEYS[tenant]}"}


async def join(http: Http, url: str, tenant: str, link: str, **headers: str) -> tuple[int, str]:
    """The status, and the meeting's id."""
    body = {"meeting_url": link}
    async with http.post(f"{url}/meetings/join", json=body, headers={**bearing(tenant), **headers}) as answer:
        return answer.status, str((await answer.json()).get("meeting_id", ""))


# -- each other's ids ----------------------------------------------------------------------------------------------


async def try_each_others(rig: Rig, http: Http, urls: list[str], failures: list[str]) -> Figures:
    """Every operation that names a meeting, or a question of it, by a stranger to it; beside one that never was."""
    meeting_id, request_id = await acmes_meeting(rig, http, urls[0], failures)
    async with http.get(f"{urls[0]}/openapi.json") as answer:
        document = await answer.json()
    before = await content_of(rig, meeting_id)
    unknown = f"{meeting_id[:5]}{secrets.token_hex(10)}"
    ids = {"meeting_id": meeting_id, "request_id": request_id}
    tried = 0
    for (_, call), url in zip(enumerate(calls_about(document, ids)), cycle(urls), strict=False):
        anothers = await ask(http, url, call.method, call.path, call.body)
        nobodys = await ask(http, url, call.method, call.path.replace(meeting_id, unknown), call.body)
        alike = anothers[1].replace(meeting_id, "") == nobodys[1].replace(unknown, "")
        failures += [f"{call.method} {call.path}: {anothers[0]}"] * (anothers[0] != 404)
        failures += [f"{call.method} {call.path}: told apart from an unknown one"] * (not alike)
        failures += [f"{call.method} {call.path}: told what acme's people said"] * (CANARY in anothers[1])
        tried += 1
    _, listed = await ask(http, urls[1], "GET", "/meetings", None)
    failures += ["the list has another tenant's meeting"] * (meeting_id in listed)
    failures += ["something of acme's was changed"] * (await content_of(rig, meeting_id) != before)
    failures += [f"only {tried} calls could be made of the OpenAPI document"] * (tried < 12)
    return {"calls_about_anothers": tried}


async def acmes_meeting(rig: Rig, http: Http, url: str, failures: list[str]) -> tuple[str, str]:
    """With words in it, and a question asked; and the same call of another tenant is another meeting."""
    once = {"Idempotency-Key": "one"}
    _, meeting_id = await join(http, url, "acme", f"{LINKS}j", **once)
    _, others = await join(http, url, "other", f"{LINKS}j", **once)
    failures += ["two tenants share a meeting"] * (others == meeting_id)
    line = Line(id="l1", track="mixed", speaker="Ann", text=CANARY, start_ms=0, end_ms=1000)
    await rig.bus.append(meeting_id, LineHeard(id=new_id(), meeting_id=meeting_id, at=1, line=line))
    asked = {"question": "What sings?"}
    async with http.post(f"{url}/meetings/{meeting_id}/ask", json=asked, headers=bearing("acme")) as answer:
        return meeting_id, str((await answer.json())["request_id"])


async def ask(http: Http, url: str, method: str, path: str, body: Any) -> tuple[int, str]:
    """As the other tenant."""
    async with http.request(method, url + path, json=body, headers=bearing("other")) as answer:
        return answer.status, await answer.text()


async def content_of(rig: Rig, meeting_id: str) -> list[object]:
    keys = MeetingKeys(meeting_id)
    return [await rig.bus.state(meeting_id), await rig.bus.redis.dump(keys.timeline)]


# -- caps ----------------------------------------------------------------------------------------------------------


async def try_meetings(rig: Rig, http: Http, urls: list[str], failures: list[str]) -> Figures:
    """More joins at once than meetings are allowed, over all gateways."""
    tries = (
        join(http, urls[n % GATEWAYS], "third", f"https://zoom.us/j/{9_000_000_000 + n}") for n in range(MEETINGS_TRIED)
    )
    statuses = Counter(status for status, _ in await asyncio.gather(*tries))
    pipe = rig.bus.redis.pipeline(transaction=False)
    for shard in range(SHARDS):
        pipe.zcard(ShardKeys(shard).listing("third"))
    made = sum(await pipe.execute())
    expected = {201: MEETINGS_CAP, 429: MEETINGS_TRIED - MEETINGS_CAP}
    failures += [f"joins over the cap: {dict(statuses)}"] * (statuses != expected)
    failures += [f"{made} meetings were made where {MEETINGS_CAP} may be"] * (made != MEETINGS_CAP)
    return {"joins_tried": MEETINGS_TRIED, "joined": statuses[201], "joins_refused": statuses[429]}


def answer(_: object, __: object) -> Reply:
    return Reply("Nobody said so.")


async def try_month(rig: Rig, http: Http, url: str, failures: list[str]) -> Figures:
    """A tenant whose month is spent asks a real brain; so does one whose month is not."""
    for shard in range(SHARDS):
        await rig.bus.redis.delete(ShardKeys(shard).commands(BRAIN))
    spent = spending_key(time.strftime("%Y-%m", time.gmtime()), "acme")
    await rig.bus.redis.hset(spent, "a-meeting-of-before", str(MONTH_CAP_USD))
    async with OpenAIServer(answer, models=(PRICED,)) as model:
        money = {"MONTH_CAP_USD": str(MONTH_CAP_USD), "ANSWER_MODEL": PRICED, "BRIEF_MODEL": PRICED}
        await rig.start("brain", "brain", OPENAI_API_KEY=API_KEY, OPENAI_BASE_URL=model.url, **money)
        refused = await ask_own(http, url, "acme")
        asked_for_acme = len(model.tries)
        answered = await ask_own(http, url, "other")
    failures += [f"a tenant whose month is spent was answered {refused}"] * (refused != 402)
    failures += [f"{asked_for_acme} calls of the model were made for it"] * bool(asked_for_acme)
    failures += [f"a tenant whose month is not spent was answered {answered}"] * (answered != 200)
    return {"over_the_months_cap": refused, "model_calls_over_the_cap": asked_for_acme, "within_it": answered}


async def ask_own(http: Http, url: str, tenant: str) -> int:
    """About the tenant's own meeting, which has words in it."""
    _, meeting_id = await join(http, url, tenant, f"{LINKS}j")
    asked = msgspec.json.encode({"question": "What sings at midnight?"})
    headers = {**bearing(tenant), "Content-Type": "application/json"}
    async with http.post(f"{url}/meetings/{meeting_id}/ask", data=asked, headers=headers) as reply:
        return reply.status

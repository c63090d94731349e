"""Promise 17: the API is as written, and hard to stall. Schemathesis, and clients that mean to hold a place."""

import asyncio
import time
from functools import partial
from pathlib import Path

import aiohttp

from rehearsal.instant_workers import InstantWorkers
from rehearsal.promises.rig import Outcome, Rig, is_open, until
from rehearsal.schema_fuzz import Findings, Plan, fuzz
from rehearsal.slow_clients import BODY, HEADERS, SILENT, SlowClients, throw_bodies, throw_frame
from shared.ports import free_port
from shared.waiting import end

KEY = "a-key-of-a-rig-that-guards-nothing"
LINK = "https://meet.google.com/abc-defg-hi"
MOST_EXAMPLES = 2000
FEWEST_EXAMPLES = 5
EXAMPLES_PER_S = MOST_EXAMPLES / 600
SLOW = 500
SLOW_PER_S = 10
BODIES = 5
LONG_RUN_S = 60.0
"""A run of so long has the settings' own waits; shorter ones have shorter waits."""
WAITED_S, GROWTH_BYTES = 0.2, 50_000_000
LIMITS_S = {HEADERS: 11.5, SILENT: 11.5, BODY: 30.0}
SHORT_LIMITS_S = {HEADERS: 3.5, SILENT: 3.5, BODY: 5.5}
"""How long each may hold its place: what the settings say, and what it takes to be told."""
PAUSE_S = 0.02


async def run(rig: Rig) -> Outcome:
    waits = {} if is_long(rig) else {"HEADER_WAIT_S": "2", "READ_WAIT_S": "2"}
    port = await start(rig, "gateway", CHIMEIN_API_KEYS=KEY, **waits)
    url = f"http://127.0.0.1:{port}"
    own = {"Authorization": f"Bearer {KEY}"}
    async with InstantWorkers(rig.bus, rig.redis_url), aiohttp.ClientSession(url, headers=own) as http:
        found = await check_contract(rig, url, await join(http, "j"))
        figures, failures = await check_stalling(rig, http, port, await join(http, "k"))
    figures = {"operations": found.operations, "cases": found.cases, "broken": len(found.failures), **figures}
    return Outcome(17, "the API is as written and hard to stall", figures, [*found.failures, *failures])


async def start(rig: Rig, name: str, **settings: str) -> int:
    """Returns the gateway's port."""
    port = free_port()
    rates = {f"RATE_{kind}_PER_MINUTE": "0" for kind in ("READS", "WRITES", "ASKS")}
    await rig.start("gateway", name, GATEWAY_PORT=str(port), **{**rates, **settings})
    await until(partial(is_open, port), 30)
    return port


async def join(http: aiohttp.ClientSession, letter: str) -> str:
    async with http.post("/meetings/join", json={"meeting_url": LINK + letter}) as answer:
        return str((await answer.json())["meeting_id"])


def is_long(rig: Rig) -> bool:
    return rig.load.seconds >= LONG_RUN_S


# -- as written ----------------------------------------------------------------------------------------------------


async def check_contract(rig: Rig, url: str, meeting_id: str) -> Findings:
    """With a key about a meeting there is, with a key about made up ones, and without; a short run leaves out some."""
    examples = max(FEWEST_EXAMPLES, min(MOST_EXAMPLES, round(rig.load.seconds * EXAMPLES_PER_S)))
    seed = rig.load.seed
    fewer = max(FEWEST_EXAMPLES, examples // 10)
    plans = [Plan(name="with-key", examples=examples, seed=seed, key=KEY, meeting_id=meeting_id, without=("DELETE",))]
    if is_long(rig):
        plans.append(Plan(name="made-up-ids", examples=fewer, seed=seed, key=KEY))
        plans.append(Plan(name="without-key", examples=fewer, seed=seed))
    else:
        plans.append(Plan(name="without-key", examples=fewer, seed=seed, phases="examples,fuzzing"))
    found = [await fuzz(url, plan, rig.logs) for plan in plans]
    return Findings(
        operations=max(one.operations for one in found),
        cases=sum(one.cases for one in found),
        failures=[failure for one in found for failure in one.failures],
    )


# -- hard to stall -------------------------------------------------------------------------------------------------


async def check_stalling(
    rig: Rig, http: aiohttp.ClientSession, port: int, meeting_id: str
) -> tuple[dict[str, float | int | str], list[str]]:
    before, took_s = memory_bytes(rig), list[float]()
    slow, count = SlowClients(port, KEY), min(SLOW, round(rig.load.seconds * SLOW_PER_S))
    healthy = asyncio.create_task(look_again_and_again(http, took_s), name="healthy")
    try:
        await slow.run(count)
        failures = await throw_bodies(http, BODIES if is_long(rig) else 1)
        failures += filter(None, [await throw_frame(http, f"/meetings/{meeting_id}/live")])
    finally:
        await end(healthy)
    if not healthy.cancelled():
        failures.append(f"a healthy client beside had {type(healthy.exception()).__name__}")
    grown, longest = memory_bytes(rig) - before, {kind: max(borne) for kind, borne in slow.borne_s.items()}
    share = 0.99 if is_long(rig) else 0.9
    waited_s = sorted(took_s)[int(len(took_s) * share)]
    limits = LIMITS_S if is_long(rig) else SHORT_LIMITS_S
    failures += [f"{kind}: borne with for {longest[kind]:.1f} s" for kind in limits if longest[kind] > limits[kind]]
    failures += [f"a healthy client beside waited {waited_s * 1000:.0f} ms (p{share:.0%})"] * (waited_s > WAITED_S)
    failures += [f"memory grew by {grown / 1e6:.0f} MB"] * (grown > GROWTH_BYTES)
    figures: dict[str, float | int | str] = {
        "slow_connections": count,
        **{f"cut_after_s_{kind}": round(borne, 1) for kind, borne in longest.items()},
        "healthy_calls": len(took_s),
        f"healthy_p{share * 100:.0f}_ms": round(waited_s * 1000, 1),
        "memory_grown_mb": round(grown / 1e6, 1),
    }
    return figures, failures


async def look_again_and_again(http: aiohttp.ClientSession, took_s: list[float]) -> None:
    while True:
        begun = time.monotonic()
        async with http.get("/meetings") as answer:
            await answer.read()
            assert answer.status == 200
        took_s.append(time.monotonic() - begun)
        await asyncio.sleep(PAUSE_S)


def memory_bytes(rig: Rig) -> int:
    """Resident, of the gateway."""
    pid = rig.supervisors["gateway"].children["gateway"].process.pid
    for row in Path(f"/proc/{pid}/status").read_text().splitlines():
        if row.startswith("VmRSS:"):
            return int(row.split()[1]) * 1024
    return 0

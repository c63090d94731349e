"""One tenant that calls at many times its rate, over several gateways, and a neighbour who calls as usual."""

import asyncio
import time
from collections.abc import Sequence
from itertools import cycle

import aiohttp
import msgspec

TIMES = 20
LONGEST_S = 60.0
WINDOW_S = 60.0
BEFORE_S = 5.0
NEIGHBOURS_PAUSE_S = 0.25
"""Four calls a second: within the limit."""
TOLERANCE = 0.05
SLACK_S = 1.5
SLOWER, NOISE_S = 1.2, 0.02
"""How much slower a neighbour may become: a fifth, or what two cores that do everything at once are off by anyway."""

Http = aiohttp.ClientSession


class Flooded(msgspec.Struct, kw_only=True):
    """What came of the calls; times in seconds."""

    lasted_s: float = 0.0
    admitted_at: list[float] = []
    refused: list[tuple[float, float]] = []
    """When, and the Retry-After given."""
    strange: list[int] = []
    before_s: list[float] = []
    beside_s: list[float] = []
    after_status: int = 0
    """Of the first call after Retry-After was over; 0 where that was not waited for."""


async def flood(http: Http, urls: Sequence[str], key: str, neighbour: str, limit: int, seconds: float) -> Flooded:
    seen, lasting_s = Flooded(lasted_s=min(seconds, LONGEST_S)), min(seconds, LONGEST_S)
    await call_as_usual(http, urls[0], neighbour, seen.before_s, min(BEFORE_S, seconds / 2))
    usual = asyncio.create_task(call_as_usual(http, urls[0], neighbour, seen.beside_s, lasting_s), name="neighbour")
    every_s, begun, calls = WINDOW_S / (limit * TIMES), time.monotonic(), set[asyncio.Task[None]]()
    for n, url in enumerate(cycle(urls)):
        due = begun + n * every_s
        if due > begun + lasting_s:
            break
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        calls.add(asyncio.create_task(call(http, url, key, seen), name="call"))
    await asyncio.gather(usual, *calls)
    if lasting_s >= LONGEST_S:
        await asyncio.sleep(max(0.0, seen.admitted_at[0] + WINDOW_S + 0.1 - time.monotonic()))
        seen.after_status = await status_of(http, urls[0], key)
    return seen


async def call(http: Http, url: str, key: str, seen: Flooded) -> None:
    async with http.get(f"{url}/meetings", headers={"Authorization": f"Bearer {key}"}) as answer:
        at = time.monotonic()
        if answer.status == 200:
            seen.admitted_at.append(at)
        elif answer.status == 429:
            seen.refused.append((at, float(answer.headers["Retry-After"])))
        else:
            seen.strange.append(answer.status)
        await answer.read()


async def call_as_usual(http: Http, url: str, key: str, took_s: list[float], seconds: float) -> None:
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        begun = time.monotonic()
        status = await status_of(http, url, key)
        took_s.append(time.monotonic() - begun if status == 200 else float("inf"))
        await asyncio.sleep(NEIGHBOURS_PAUSE_S)


async def status_of(http: Http, url: str, key: str) -> int:
    async with http.get(f"{url}/meetings", headers={"Authorization": f"Bearer {key}"}) as answer:
        await answer.read()
        return answer.status


def judged(seen: Flooded, limit: int, failures: list[str]) -> dict[str, float | int | str]:
    """Within one window, as many as the limit; each refusal says rightly when there is room.

    A neighbour is judged by the slowest hundredth where the flood is long enough to have one, else by the middle.
    """
    first = min(seen.admitted_at)
    within = sum(at - first < WINDOW_S - SLACK_S for at in seen.admitted_at)
    wrong = [(at - first, told) for at, told in seen.refused if abs(first + WINDOW_S - at - told) > SLACK_S]
    early = [one for one in wrong if one[0] < WINDOW_S - SLACK_S]
    share = 0.99 if seen.lasted_s >= LONGEST_S else 0.5
    before, beside = quantile(seen.before_s, share), quantile(seen.beside_s, share)
    failures += [f"{within} calls were admitted in a minute where {limit} may be"] * (
        abs(within - limit) > limit * TOLERANCE
    )
    failures += [f"{len(early)} refusals told a wrong Retry-After, such as {early[:1]}"] * bool(early)
    failures += [f"answers that are neither: {seen.strange[:3]}"] * bool(seen.strange)
    failures += [f"a neighbour waited {beside * 1000:.0f} ms (p{share:.0%}), before {before * 1000:.0f} ms"] * (
        beside > max(before * SLOWER, before + NOISE_S)
    )
    failures += [f"after Retry-After the answer was {seen.after_status}"] * (seen.after_status not in {0, 200})
    return {
        "flood_s": seen.lasted_s,
        "calls": len(seen.admitted_at) + len(seen.refused),
        "admitted_in_a_minute": within,
        f"neighbour_p{share * 100:.0f}_ms_before": round(before * 1000, 1),
        f"neighbour_p{share * 100:.0f}_ms_beside": round(beside * 1000, 1),
    }


def quantile(took_s: list[float], share: float) -> float:
    return sorted(took_s)[int(len(took_s) * share)]

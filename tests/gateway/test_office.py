"""Clerks in real gateways: one dies in the middle of its work, another goes on."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from clerks import make_meeting, say
from processes import System, system
from receivers import receiver
from support import eventually

from shared.bus import Bus
from shared.streams import CLERK, ShardKeys

pytestmark = pytest.mark.process
SHARD, LINES = 7, 40


async def until_working(bus: Bus, running: System) -> None:
    """Some clerk owns the shard."""
    await eventually(lambda: bus.redis.exists(ShardKeys(SHARD).lease(CLERK)), within_s=20)
    async with aiohttp.ClientSession() as session:

        async def listens() -> bool:
            try:
                async with session.get(f"http://127.0.0.1:{running.gateway_port}/health") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        await eventually(listens, within_s=20)


async def test_a_gateway_that_is_killed_while_it_sends_loses_no_webhook_and_no_word(
    redis_url: str, bus: Bus, tmp_path: Path
):
    settings = {"WEBHOOKS_TO_PRIVATE": "yes"}
    (other_logs := tmp_path / "other").mkdir()
    async with receiver() as there:
        with system(redis_url, tmp_path, **settings) as one, system(redis_url, other_logs, **settings) as other:
            first = one.start("gateway")
            await until_working(bus, one)
            url = f"http://127.0.0.1:{one.gateway_port}"
            async with aiohttp.ClientSession() as session:
                body = {"url": there.url, "events": ["line"]}
                async with session.post(f"{url}/webhooks/endpoints", json=body) as answer:
                    secret = (await answer.json())["secret"]
                meeting_id = await make_meeting(bus, shard=SHARD)
                there.gate = asyncio.Event()
                await say(bus, meeting_id, *["budget"] * (LINES // 2))
                await eventually(lambda: len(there.calls) == 2)
                first.kill()
                await say(bus, meeting_id, *["budget"] * (LINES // 2), first=LINES)
                there.gate.set()
                other.start("gateway")
                await eventually(lambda: len(set(there.ids)) == LINES, within_s=30)
                url = f"http://127.0.0.1:{other.gateway_port}"
                async with session.get(f"{url}/search", params={"q": "budget", "limit": 100}) as answer:
                    hits = (await answer.json())["hits"]
    told = {body["data"]["line_id"] for _, body in there.calls}
    assert len(told) == len(hits) == LINES
    assert all(there.verified(secret, n)["type"] == "line" for n in range(len(there.calls)))
    assert len(there.calls) <= LINES + 2


async def test_sigterm_hands_the_meetings_to_another_gateway_at_once(redis_url: str, bus: Bus, tmp_path: Path):
    settings = {"WEBHOOKS_TO_PRIVATE": "yes"}
    (other_logs := tmp_path / "other").mkdir()
    async with receiver() as there:
        with system(redis_url, tmp_path, **settings) as one, system(redis_url, other_logs, **settings) as other:
            first = one.start("gateway")
            await until_working(bus, one)
            other.start("gateway")
            await until_working(bus, other)
            async with aiohttp.ClientSession() as session:
                body = {"url": there.url, "events": ["line"]}
                url = f"http://127.0.0.1:{other.gateway_port}/webhooks/endpoints"
                async with session.post(url, json=body) as answer:
                    assert answer.status == 201
            meeting_id = await make_meeting(bus, shard=SHARD)
            await say(bus, meeting_id, "one")
            await eventually(lambda: len(there.calls) == 1)
            first.terminate()
            assert await asyncio.to_thread(first.wait, 10) == 0
            await say(bus, meeting_id, "two", first=2)
            await eventually(lambda: len(there.calls) == 2, within_s=3)
    assert len(set(there.ids)) == 2

"""Signing in to the console, in a real browser: what a script can see, and what it cannot."""

import json
from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient
from browser import browser_page, needs_browser
from served import Served
from support import new_meeting

from gateway.app import build_app
from gateway.config import from_env
from shared.bus import Bus, connect
from shared.streams import TENANT, MeetingKeys

KEY = "a-canary-key-of-some-letters"
API = "import('/console/api.js')"


@pytest.fixture
async def gateway(redis_url: str, bus: Bus) -> AsyncIterator[TestClient]:
    clients = [connect(redis_url) for _ in range(2)]
    app = build_app(from_env({"CHIMEIN_API_KEYS": f"acme:{KEY}"}), Bus(clients[0]), clients[1])
    async with TestClient(Served(app)) as client:
        yield client
    for one in clients:
        await one.aclose()


async def meeting_of(bus: Bus, tenant: str) -> str:
    meeting_id = await new_meeting(bus)
    keys = MeetingKeys(meeting_id)
    await bus.redis.hset(keys.state, TENANT, tenant)
    await bus.redis.zadd(keys.shard.listing(tenant), {meeting_id: 1})
    return meeting_id


@needs_browser
async def test_a_key_signs_in_and_then_calls_and_sockets_go_by_a_cookie_that_no_script_sees(
    gateway: TestClient, bus: Bus
) -> None:
    meeting_id = await meeting_of(bus, "acme")
    async with browser_page() as page:
        await page.open(str(gateway.make_url("/")))
        await page.until("document.getElementById('door')?.open")
        refused = await page.run(f"{API}.then((api) => api.signIn('wrong')).catch((error) => error.status)")
        told = await page.run(f"{API}.then((api) => api.signIn({json.dumps(KEY)}))")
        assert (refused, told["tenant"]) == (401, "acme")
        seen = await page.run("[document.cookie, ...Object.entries(localStorage), ...Object.entries(sessionStorage)]")
        assert seen == [""]
        listed = await page.run(f"{API}.then((api) => api.json('GET', '/meetings'))")
        assert [meeting["meeting_id"] for meeting in listed["meetings"]] == [meeting_id]
        await page.run(f"{API}.then((api) => api.call('POST', '/meetings/{meeting_id}/hush')).then(() => 1)")
        first = await page.run(
            f"new Promise((done) => new WebSocket(`ws://${{location.host}}/meetings/{meeting_id}/live`)"
            ".onmessage = (message) => done(JSON.parse(message.data).type))"
        )
        assert first == "meeting.requested"
        await page.run(f"{API}.then((api) => api.signOut())")
        assert await page.run("fetch('/meetings').then((answer) => answer.status)") == 401
        assert KEY not in await page.run("document.documentElement.outerHTML + location.href")

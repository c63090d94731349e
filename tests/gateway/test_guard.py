"""The way in: a key or a session, within its scopes; and streams that end with them."""

import asyncio

import aiohttp
import pytest

from gateway import guard, remembered
from gateway.routes import ROUTES
from shared.api_keys import ApiKeys, Scope
from shared.clock import SystemClock
from shared.config import Secret

KEY = "a-good-key-of-24-letters"
GUARDED = [route for route in ROUTES if not route.is_open]
CLOCK = SystemClock()


def address(path: str) -> str:
    named = {
        "meeting_id": f"m-07-{'0' * 20}",
        "request_id": "r",
        "format": "txt",
        "endpoint_id": "e",
        "delivery_id": "d",
        "participant_id": "7",
    }
    return path.format(**named)


@pytest.fixture
async def keyed(rig_with):
    async with rig_with(chimein_api_keys=Secret(KEY)) as rig:
        yield rig


async def made(rig, *scopes: Scope) -> tuple[str, dict[str, str]]:
    """The id of a key of the default tenant, and the header that bears it."""
    key, text = await ApiKeys(rig.bus.redis, CLOCK).issue("default", "", scopes)
    return key.id, {"Authorization": f"Bearer {text.reveal()}"}


class TestScopes:
    @pytest.mark.parametrize("route", GUARDED, ids=lambda route: f"{route.method} {route.path}")
    async def test_a_key_without_the_scope_of_a_route_is_refused_before_anything_is_looked_up(self, keyed, route):
        _, bearer = await made(keyed, *(scope for scope in Scope if scope is not route.needs))
        response = await keyed.client.request(route.method, address(route.path), headers=bearer)
        assert (response.status, (await response.json())["type"]) == (403, "urn:chimein:problem:scope-missing")
        assert f"`{route.needs}`" in (await response.json())["detail"]

    @pytest.mark.parametrize("route", GUARDED, ids=lambda route: f"{route.method} {route.path}")
    async def test_a_key_with_that_scope_alone_is_not(self, keyed, route):
        _, bearer = await made(keyed, route.needs)
        response = await keyed.client.request(route.method, address(route.path), headers=bearer)
        assert response.status not in {401, 403}

    def test_what_changes_something_needs_more_than_to_read(self):
        reading = {route.path for route in GUARDED if route.method != "GET" and route.needs is Scope.READ}
        assert reading == {"/session"}

    async def test_head_needs_what_get_needs(self, keyed):
        _, asks = await made(keyed, Scope.ASK)
        _, reads = await made(keyed, Scope.READ)
        statuses = [(await keyed.client.head("/meetings", headers=one)).status for one in (asks, reads)]
        assert statuses == [403, 200]


class TestKeysMadeLater:
    async def test_a_gateway_that_served_this_machine_only_asks_for_a_key_once_there_is_one(self, rig):
        assert (await rig.client.get("/meetings")).status == 200
        _, bearer = await made(rig, Scope.READ)
        assert (await rig.client.get("/meetings")).status == 401
        assert (await rig.client.get("/meetings", headers=bearer)).status == 200


@pytest.fixture
def looks_often(monkeypatch):
    monkeypatch.setattr(guard, "ADMITTED_FOR_S", 0.05)
    monkeypatch.setattr(remembered, "FRESH_MS", 0)


class TestStreams:
    async def test_an_open_feed_and_an_open_socket_end_when_their_key_is_revoked(self, keyed, looks_often):
        key_id, bearer = await made(keyed, Scope.READ)
        meeting_id = await keyed.meeting()
        events = await keyed.client.get(f"/meetings/{meeting_id}/events", headers=bearer)
        live = await keyed.client.ws_connect(f"/meetings/{meeting_id}/live", headers=bearer)
        await events.content.readline()
        await live.receive_json()
        await ApiKeys(keyed.bus.redis, CLOCK).revoke(key_id)
        with pytest.raises(aiohttp.ClientError):
            await events.content.read()
        assert (await live.receive()).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}

    async def test_one_whose_key_is_good_goes_on(self, keyed, looks_often):
        _, bearer = await made(keyed, Scope.READ)
        meeting_id = await keyed.meeting()
        events = await keyed.client.get(f"/meetings/{meeting_id}/events", headers=bearer)
        await events.content.readline()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.4):
                await events.content.read()


class TestEncoding:
    @pytest.mark.parametrize("path", ["/meetings/join", "/webhooks/recall", "/health"])
    async def test_packed_bodies_are_refused_on_every_route(self, keyed, path):
        response = await keyed.client.post(path, data=b"x", headers={"Content-Encoding": "gzip"})
        assert response.status == 415

    async def test_one_that_says_it_is_not_packed_is_read(self, keyed):
        headers = {"Authorization": f"Bearer {KEY}", "Content-Encoding": "identity"}
        response = await keyed.client.post("/meetings/join", json={"meeting_url": "x"}, headers=headers)
        assert response.status == 422

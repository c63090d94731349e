"""Who may come in, from where, and what every answer carries."""

import pytest

from gateway.doors import is_local_name
from gateway.routes import ROUTES
from shared.config import Secret

KEY = "a-good-key-of-24-letters"
OTHER = "another-key-of-24-letters"
GUARDED = [route for route in ROUTES if not route.is_open]
OPEN = [route for route in ROUTES if route.is_open and route.method == "GET" and "{" not in route.path]


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


class TestKeys:
    @pytest.mark.parametrize("route", GUARDED, ids=lambda route: f"{route.method} {route.path}")
    async def test_every_route_but_the_open_ones_asks_for_a_key(self, rig_with, route):
        async with rig_with(chimein_api_keys=Secret(f"{KEY},{OTHER}")) as rig:
            for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {KEY}"}):
                response = await rig.client.request(route.method, address(route.path), headers=given)
                assert (response.status, response.headers["WWW-Authenticate"]) == (401, 'Bearer realm="chimein"')

    async def test_each_of_the_keys_opens(self, rig_with):
        async with rig_with(chimein_api_keys=Secret(f"{KEY}, {OTHER}")) as rig:
            for key in (KEY, OTHER):
                response = await rig.client.get("/meetings", headers={"Authorization": f"Bearer {key}"})
                assert response.status == 200

    @pytest.mark.parametrize("route", OPEN, ids=lambda route: route.path)
    async def test_open_routes_need_none(self, rig_with, route):
        async with rig_with(chimein_api_keys=Secret(KEY)) as rig:
            assert (await rig.client.get(route.path)).status in {200, 503}

    async def test_refused_call_writes_nothing(self, rig_with):
        async with rig_with(chimein_api_keys=Secret(KEY)) as rig:
            await rig.client.post("/meetings/join", json={"meeting_url": "https://zoom.us/j/1234567890"})
            assert await rig.bus.redis.keys("*") == []


class TestThisMachineOnly:
    @pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "10.0.0.7:8000", "localhost.evil.example"])
    async def test_without_keys_foreign_names_of_this_machine_are_refused(self, fake_rig, host):
        response = await fake_rig.client.get("/meetings", headers={"Host": host})
        assert (response.status, "CHIMEIN_API_KEYS" in (await response.json())["detail"]) == (421, True)

    @pytest.mark.parametrize(
        "host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "[::1]", "127.0.0.1"]
    )
    def test_names_of_this_machine_are_local(self, host):
        assert is_local_name(host)

    async def test_with_keys_any_name_will_do(self, rig_with):
        async with rig_with(chimein_api_keys=Secret(KEY)) as rig:
            headers = {"Host": "meet.example.org", "Authorization": f"Bearer {KEY}"}
            assert (await rig.client.get("/meetings", headers=headers)).status == 200


class TestOrigins:
    async def test_page_of_another_site_cannot_act(self, fake_rig):
        meeting_id = await fake_rig.meeting()
        response = await fake_rig.client.post(
            f"/meetings/{meeting_id}/hush", headers={"Origin": "https://evil.example"}
        )
        assert (response.status, len(await fake_rig.bus.timeline(meeting_id))) == (403, 1)

    async def test_page_of_this_gateway_can(self, fake_rig):
        origin = str(fake_rig.client.make_url("/")).rstrip("/")
        response = await fake_rig.client.post(f"/meetings/{await fake_rig.meeting()}/hush", headers={"Origin": origin})
        assert response.status == 200

    async def test_listed_origin_is_told_that_it_may(self, rig_with):
        page = {"Origin": "https://app.example"}
        async with rig_with(cors_origins=("https://app.example",)) as rig:
            asked = {**page, "Access-Control-Request-Method": "POST"}
            before = await rig.client.options("/meetings/join", headers=asked)
            after = await rig.client.get("/meetings", headers=page)
        assert (before.status, after.status) == (204, 200)
        assert before.headers["Access-Control-Allow-Origin"] == "https://app.example"
        assert "Authorization" in before.headers["Access-Control-Allow-Headers"]
        assert (after.headers["Access-Control-Allow-Origin"], after.headers["Vary"]) == (
            "https://app.example",
            "Origin",
        )

    @pytest.mark.parametrize(
        "origin", ["https://app.example.evil", "http://app.example", "https://APP.example", "null"]
    )
    async def test_other_origins_are_told_nothing(self, rig_with, origin):
        async with rig_with(cors_origins=("https://app.example",)) as rig:
            asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            before = await rig.client.options("/meetings/join", headers=asked)
            after = await rig.client.get("/meetings", headers={"Origin": origin})
        assert before.status == 405
        assert "Access-Control-Allow-Origin" not in {**before.headers, **after.headers}


class TestHeaders:
    @pytest.mark.parametrize("path", ["/", "/docs", "/health", "/meetings", "/nowhere"])
    async def test_every_answer_carries_the_security_headers(self, fake_rig, path):
        headers = (await fake_rig.client.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"

"""Signing in from a page: a key once, then a cookie; and what a cookie must not open."""

import pytest

from gateway.session_tokens import LONGEST_MS
from gateway.sessions import COOKIE, SAFE_COOKIE
from shared.clock import SystemClock
from shared.config import Secret

KEY = "a-good-key-of-24-letters"
BEARER = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
async def keyed(rig_with):
    async with rig_with(chimein_api_keys=Secret(f"acme:{KEY}")) as rig:
        rig.client.session.cookie_jar.clear()
        yield rig


def page_of(rig) -> dict[str, str]:
    """What a browser says of our own page."""
    return {"Origin": str(rig.client.make_url("/")).rstrip("/")}


def cookie_in(response) -> str:
    return response.headers["Set-Cookie"].partition(";")[0]


async def signed_in(rig, **headers: str) -> dict[str, str]:
    """The cookie of a browser, as it sends it."""
    response = await rig.client.post("/session", headers={**BEARER, **headers})
    rig.client.session.cookie_jar.clear()
    assert response.status == 201
    return {"Cookie": cookie_in(response)}


async def test_a_key_gets_a_cookie_and_no_token_in_the_body(keyed):
    response = await keyed.client.post("/session", headers={**BEARER, **page_of(keyed)})
    told = await response.json()
    assert (response.status, told["tenant"], told["scopes"]) == (201, "acme", ["admin", "ask", "manage", "read"])
    token = cookie_in(response).partition("=")[2]
    assert token not in await response.text()
    assert KEY not in str(response.headers)


async def test_the_cookie_opens_what_the_key_opens(keyed):
    cookie, meeting_id = await signed_in(keyed), await keyed.meeting(tenant="acme")
    assert (await keyed.client.get(f"/meetings/{meeting_id}/status", headers=cookie)).status == 200
    own_page = {**cookie, **page_of(keyed)}
    assert (await keyed.client.post(f"/meetings/{meeting_id}/hush", headers=own_page)).status == 200
    socket = await keyed.client.ws_connect(f"/meetings/{meeting_id}/live", headers=own_page)
    assert (await socket.receive_json())["type"] == "meeting.requested"
    await socket.close()


async def test_no_key_no_cookie(keyed):
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        response = await keyed.client.post("/session", headers=headers)
        assert (response.status, "Set-Cookie" in response.headers) == (401, False)


async def test_who_is_signed_in_is_told_so(keyed):
    told = await (await keyed.client.get("/session", headers=await signed_in(keyed))).json()
    assert (told["tenant"], told["session_ends_at"] > SystemClock().now_ms()) == ("acme", True)
    assert (await (await keyed.client.get("/session", headers=BEARER)).json())["session_ends_at"] is None


async def test_signing_out_ends_it_and_takes_the_cookie_away(keyed):
    cookie = {**await signed_in(keyed), **page_of(keyed)}
    response = await keyed.client.delete("/session", headers=cookie)
    assert response.status == 204
    assert response.headers["Set-Cookie"].startswith(f"{COOKIE}=; Path=/; Max-Age=0")
    assert (await keyed.client.get("/meetings", headers=cookie)).status == 401


async def test_over_https_the_cookie_is_for_this_host_alone(keyed):
    response = await keyed.client.post("/session", headers={**BEARER, "X-Forwarded-Proto": "https"})
    assert response.headers["Set-Cookie"].startswith(f"{SAFE_COOKIE}=")
    assert "Secure" in response.headers["Set-Cookie"]


async def test_where_no_key_is_needed_there_is_no_cookie(rig):
    response = await rig.client.post("/session")
    assert (response.status, "Set-Cookie" in response.headers) == (201, False)
    assert (await response.json())["session_ends_at"] is None


class TestForgedRequests:
    @pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "https://app.example"])
    async def test_what_acts_by_cookie_must_come_from_our_own_page(self, rig_with, origin):
        """Also where an origin may call with a key: its pages have no business with our cookie."""
        async with rig_with(chimein_api_keys=Secret(f"acme:{KEY}"), cors_origins=("https://app.example",)) as rig:
            cookie, meeting_id = await signed_in(rig), await rig.meeting(tenant="acme")
            headers = {**cookie, **({"Origin": origin} if origin else {})}
            acts = [("POST", "/hush"), ("DELETE", ""), ("PUT", "/vocabulary"), ("POST", "/ask")]
            statuses = {
                (await rig.client.request(method, f"/meetings/{meeting_id}{path}", headers=headers)).status
                for method, path in acts
            }
            socket = {**headers, "Upgrade": "websocket", "Connection": "Upgrade"}
            statuses.add((await rig.client.get(f"/meetings/{meeting_id}/live", headers=socket)).status)
            assert statuses == {403}
            assert len(await rig.bus.timeline(meeting_id)) == 1

    async def test_other_origins_are_never_told_that_cookies_may_be_sent(self, rig_with):
        async with rig_with(chimein_api_keys=Secret(f"acme:{KEY}"), cors_origins=("https://app.example",)) as rig:
            headers = {**await signed_in(rig), "Origin": "https://app.example"}
            answer = await rig.client.get("/meetings", headers=headers)
            assert "Access-Control-Allow-Credentials" not in answer.headers


class TestRenewal:
    """With sessions of an hour and a clock that is moved."""

    @pytest.fixture
    async def moved(self, rig_with, clock, monkeypatch):
        clock.advance(SystemClock().now_ms() - clock.now_ms())
        monkeypatch.setattr("gateway.app.SystemClock", lambda: clock)
        async with rig_with(chimein_api_keys=Secret(f"acme:{KEY}"), session_minutes=60) as rig:
            yield rig

    async def test_used_after_its_half_it_is_renewed_by_a_new_cookie(self, moved, clock):
        cookie = await signed_in(moved)
        clock.advance(29 * 60_000)
        early = await moved.client.get("/meetings", headers=cookie)
        clock.advance(2 * 60_000)
        late = await moved.client.get("/meetings", headers=cookie)
        assert ("Set-Cookie" in early.headers, "Set-Cookie" in late.headers) == (False, True)
        clock.advance(40 * 60_000)
        moved.client.session.cookie_jar.clear()
        old, new = cookie, {"Cookie": cookie_in(late)}
        assert [(await moved.client.get("/meetings", headers=one)).status for one in (old, new)] == [401, 200]

    async def test_not_used_it_ends(self, moved, clock):
        cookie = await signed_in(moved)
        clock.advance(60 * 60_000)
        assert (await moved.client.get("/meetings", headers=cookie)).status == 401

    async def test_however_much_it_is_used_it_ends_at_last(self, moved, clock):
        cookie = await signed_in(moved)
        for _ in range(LONGEST_MS // (40 * 60_000) + 1):
            clock.advance(40 * 60_000)
            response = await moved.client.get("/meetings", headers=cookie)
            moved.client.session.cookie_jar.clear()
            if "Set-Cookie" in response.headers:
                cookie = {"Cookie": cookie_in(response)}
        assert response.status == 401

"""Browser sessions in Redis: any gateway knows them, and any may end them."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from support import names_in

from gateway.config import GatewaySettings
from gateway.sessions import COOKIE, SAFE_COOKIE, Sessions, set_cookie
from shared.config import Secret

OLD, NEW = "o" * 32, "n" * 32


@pytest.fixture
def gateway(bus, clock):
    return lambda **fields: Sessions(GatewaySettings(**fields), bus.redis, clock)


async def test_gateways_without_a_secret_share_the_one_that_redis_keeps(gateway):
    one, other = gateway(), gateway()
    session, token = await one.begin("acme", "k")
    assert await other.open_in(token) == session


async def test_gateways_with_the_same_secret_know_each_others(gateway, bus):
    session, token = await gateway(session_secret=Secret(NEW)).begin("acme", "k")
    assert await gateway(session_secret=Secret(f"{NEW},{OLD}")).open_in(token) == session
    assert await names_in(bus) == []


async def test_while_the_secret_is_rotated_sessions_go_on_and_are_renewed_with_the_new_one(gateway, clock):
    session, token = await gateway(session_secret=Secret(OLD)).begin("acme", "k")
    rotating, after = gateway(session_secret=Secret(f"{NEW},{OLD}")), gateway(session_secret=Secret(NEW))
    assert await after.open_in(token) is None
    again, renewed = await rotating.renew(await rotating.open_in(token))
    assert (await after.open_in(renewed)).id == again.id == session.id


async def test_one_that_was_ended_is_ended_everywhere_also_for_a_renewed_token(gateway, clock):
    one, other = gateway(), gateway()
    session, token = await one.begin("acme", "k")
    clock.advance(1_200_000)
    _, renewed = await other.renew(session)
    await one.end(session)
    assert [await other.open_in(each) for each in (token, renewed)] == [None, None]


async def test_what_ended_is_remembered_no_longer_than_its_tokens_could_live(gateway, bus):
    session, _ = await gateway(session_minutes=1).begin("acme", "k")
    await gateway(session_minutes=1).end(session)
    (name,) = await names_in(bus, "*ended")
    assert 60_000 < await bus.redis.pttl(name) <= 120_000


async def test_nothing_is_asked_about_a_browser_without_one(gateway, bus):
    await bus.close()
    assert await gateway().open_in("") is None


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({}, COOKIE),
        ({"Origin": "http://127.0.0.1:8000"}, COOKIE),
        ({"Origin": "https://meet.example"}, SAFE_COOKIE),
        ({"X-Forwarded-Proto": "https, http"}, SAFE_COOKIE),
        ({"Cookie": f"{SAFE_COOKIE}=x"}, SAFE_COOKIE),
    ],
    ids=str,
)
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites_and_secure_over_https(headers, name):
    response = web.Response()
    set_cookie(make_mocked_request("POST", "/session", headers=headers), response, "token", 90_500)
    first, *flags = response.headers["Set-Cookie"].split("; ")
    assert first == f"{name}=token"
    assert {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=90"} <= set(flags)
    assert ("Secure" in flags) == (name == SAFE_COOKIE)
    assert not any(flag.startswith("Domain") for flag in flags)

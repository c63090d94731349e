"""Who calls: keys configured and made, sessions of either; and how soon a key that ended is nobody's."""

import msgspec
import pytest
from aiohttp.test_utils import make_mocked_request
from support import names_in

from gateway.callers import USE_NOTED_EVERY_MS, Callers
from gateway.config import GatewaySettings
from gateway.remembered import FRESH_MS
from gateway.sessions import COOKIE, SAFE_COOKIE, Sessions
from shared.api_keys import EVERYTHING, ApiKeys, Scope
from shared.config import Secret

CONFIGURED = "a-configured-key-of-30-letters"


@pytest.fixture
def known(bus, clock):
    """Makes callers of these settings, with the keys and sessions that they ask."""

    def made(**fields):
        settings = GatewaySettings(**{"chimein_api_keys": Secret(f"acme:{CONFIGURED}"), **fields})
        sessions = Sessions(settings, bus.redis, clock)
        return Callers(settings, ApiKeys(bus.redis, clock), sessions, clock), sessions

    return made


@pytest.fixture
def keys(bus, clock):
    return ApiKeys(bus.redis, clock)


def asking(**headers):
    return make_mocked_request("GET", "/meetings", headers=headers)


def bearing(text):
    return asking(Authorization=f"Bearer {text}")


async def test_a_configured_key_speaks_for_its_tenant_with_every_scope(known):
    callers, _ = known()
    caller = await callers.who(bearing(CONFIGURED))
    assert (caller.tenant, caller.scopes, caller.session) == ("acme", EVERYTHING, None)
    assert CONFIGURED not in caller.key_id


async def test_a_made_key_speaks_for_its_tenant_with_its_scopes(known, keys):
    callers, _ = known()
    key, text = await keys.issue("other", "", [Scope.READ])
    caller = await callers.who(bearing(text.reveal()))
    assert (caller.tenant, caller.scopes, caller.key_id) == ("other", {Scope.READ}, key.id)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": f"Basic {CONFIGURED}"},
        {"Authorization": CONFIGURED},
        {"Authorization": f"Bearer {CONFIGURED}x"},
        {"Authorization": "Bearer "},
        {"Cookie": f"{COOKIE}=nonsense"},
        {"Cookie": f"{COOKIE}={CONFIGURED}"},
    ],
    ids=str,
)
async def test_anything_else_is_a_stranger(known, headers):
    callers, _ = known()
    assert await callers.who(asking(**headers)) is None


async def test_a_revoked_key_is_a_strangers_everywhere_within_five_seconds(known, keys, clock):
    gateways = [known()[0], known()[0]]
    key, text = await keys.issue("other", "", [Scope.READ])
    assert all([await one.who(bearing(text.reveal())) for one in gateways])
    await keys.revoke(key.id)
    clock.advance(FRESH_MS)
    assert [await one.who(bearing(text.reveal())) for one in gateways] == [None, None]
    assert FRESH_MS < 5000


async def test_a_key_is_not_asked_about_at_every_call(known, keys, bus, monkeypatch):
    callers, _ = known()
    _, text = await keys.issue("other", "", [Scope.READ])
    await callers.who(bearing(text.reveal()))
    await bus.redis.flushall()
    assert await callers.who(bearing(text.reveal()))


async def test_a_key_ends_at_its_date_though_it_was_just_looked_up(known, keys, clock):
    callers, _ = known()
    _, text = await keys.issue("other", "", [Scope.READ], ends_at=clock.now_ms() + 10)
    assert await callers.who(bearing(text.reveal()))
    clock.advance(10)
    assert await callers.who(bearing(text.reveal())) is None


async def test_its_last_use_is_noted_now_and_then(known, keys, clock):
    callers, _ = known()
    key, text = await keys.issue("other", "", [Scope.READ])
    first_at = clock.now_ms()
    for advance_ms, noted_at in (
        (0, first_at),
        (1000, first_at),
        (USE_NOTED_EVERY_MS, first_at + 1000 + USE_NOTED_EVERY_MS),
    ):
        clock.advance(advance_ms)
        await callers.note_use(await callers.who(bearing(text.reveal())))
        assert (await keys.with_id(key.id)).used_at == noted_at


async def test_of_a_configured_key_nothing_is_noted(known, bus):
    callers, _ = known()
    await callers.note_use(await callers.who(bearing(CONFIGURED)))
    assert await names_in(bus) == []


class TestWhetherKeysAreNeeded:
    async def test_a_gateway_of_this_machine_without_any_needs_none(self, known):
        callers, _ = known(chimein_api_keys=Secret(""))
        assert not await callers.are_needed()

    async def test_once_one_was_made_it_does_for_ever(self, known, keys, bus, clock):
        callers, _ = known(chimein_api_keys=Secret(""))
        key, _ = await keys.issue("other", "", [Scope.READ])
        assert await callers.are_needed()
        await keys.revoke(key.id)
        fresh, _ = known(chimein_api_keys=Secret(""))
        assert await fresh.are_needed()
        await bus.redis.flushall()
        clock.advance(60_000)
        assert await callers.are_needed()

    async def test_a_gateway_that_others_reach_always_does(self, known):
        callers, _ = known(chimein_api_keys=Secret(""), bind_host="0.0.0.0")
        assert await callers.are_needed()


class TestSessions:
    @pytest.mark.parametrize("name", [COOKIE, SAFE_COOKIE])
    async def test_a_browser_speaks_for_whoever_signed_in(self, known, keys, name):
        callers, sessions = known()
        key, _ = await keys.issue("other", "", [Scope.READ])
        session, token = await sessions.begin("other", key.id)
        caller = await callers.who(asking(Cookie=f"{name}={token}"))
        assert (caller.tenant, caller.scopes, caller.session) == ("other", {Scope.READ}, session)

    async def test_it_ends_with_its_key(self, known, keys, clock):
        callers, sessions = known()
        key, _ = await keys.issue("other", "", [Scope.READ])
        _, token = await sessions.begin("other", key.id)
        await keys.revoke(key.id)
        assert await callers.who(asking(Cookie=f"{COOKIE}={token}")) is None

    async def test_it_ends_when_its_configured_key_is_taken_out(self, known):
        callers, sessions = known()
        caller = await callers.who(bearing(CONFIGURED))
        _, token = await sessions.begin(caller.tenant, caller.key_id)
        assert await callers.who(asking(Cookie=f"{COOKIE}={token}"))
        without, _ = known(chimein_api_keys=Secret("b" * 20))
        assert await without.who(asking(Cookie=f"{COOKIE}={token}")) is None

    async def test_one_of_a_tenant_that_the_key_is_not_of_is_nobodys(self, known, keys):
        callers, sessions = known()
        key, _ = await keys.issue("other", "", [Scope.READ])
        _, token = await sessions.begin("acme", key.id)
        assert await callers.who(asking(Cookie=f"{COOKIE}={token}")) is None

    async def test_a_wrong_key_is_not_made_good_by_a_cookie(self, known, keys):
        callers, sessions = known()
        key, _ = await keys.issue("other", "", [Scope.READ])
        _, token = await sessions.begin("other", key.id)
        assert await callers.who(asking(Authorization="Bearer wrong", Cookie=f"{COOKIE}={token}")) is None


class TestStill:
    async def test_who_was_let_in_stays_until_the_key_ends(self, known, keys, clock):
        callers, _ = known()
        key, text = await keys.issue("other", "", [Scope.READ])
        caller = await callers.who(bearing(text.reveal()))
        assert await callers.is_still(caller)
        await keys.revoke(key.id)
        clock.advance(FRESH_MS)
        assert not await callers.is_still(caller)

    async def test_who_was_let_in_by_cookie_stays_until_signing_out(self, known, keys):
        callers, sessions = known()
        key, _ = await keys.issue("other", "", [Scope.READ])
        session, token = await sessions.begin("other", key.id)
        caller = await callers.who(asking(Cookie=f"{COOKIE}={token}"))
        assert await callers.is_still(caller)
        await sessions.end(session)
        assert not await callers.is_still(caller)
        assert not await callers.is_still(msgspec.structs.replace(caller))

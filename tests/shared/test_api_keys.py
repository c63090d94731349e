"""Keys are made once, kept as digests, replaced with an overlap and ended at once."""

import pytest

from shared.api_keys import ApiKeys, Scope, digest_of, id_in
from shared.bus import Bus
from shared.clock import ManualClock
from shared.errors import ApiKeyError
from shared.streams import API_KEYS

READ = [Scope.READ]


@pytest.fixture
def keys(bus: Bus, clock: ManualClock) -> ApiKeys:
    return ApiKeys(bus.redis, clock)


async def test_a_key_is_found_by_its_text_and_by_nothing_else(keys: ApiKeys) -> None:
    key, text = await keys.issue("acme", "pipeline", READ)
    found = await keys.matching(text.reveal())
    assert found is not None
    assert (found.key, found.key.tenant, found.key.name, found.key.scopes) == (key, "acme", "pipeline", {Scope.READ})
    swapped = text.reveal()[:-1] + ("a" if text.reveal()[-1] != "a" else "b")
    for wrong in (swapped, key.id, key.digest, "", text.reveal() + "x", "\ud800"):
        assert await keys.matching(wrong) is None


async def test_the_key_itself_is_nowhere_in_redis(keys: ApiKeys, bus: Bus) -> None:
    _, text = await keys.issue("acme", "pipeline", READ)
    kept = b"".join((await bus.redis.hgetall(API_KEYS)).values())
    assert text.reveal().encode() not in kept
    assert text.reveal().split("_", 2)[2].encode() not in kept
    assert digest_of(text.reveal()).encode() in kept


def test_a_key_holds_192_random_bits_and_says_its_id() -> None:
    assert id_in("chimein_abcdefghjk_" + "A" * 32) == "abcdefghjk"
    assert id_in("chimein_abcdefghjk_" + "A" * 31) is None
    assert id_in("sk-" + "A" * 45) is None


async def test_no_two_keys_are_alike(keys: ApiKeys) -> None:
    made = [await keys.issue("acme", "", READ) for _ in range(50)]
    assert len({text.reveal() for _, text in made}) == len({key.id for key, _ in made}) == 50


async def test_after_a_rotation_both_live_until_the_old_one_ends(keys: ApiKeys, clock: ManualClock) -> None:
    old, old_text = await keys.issue("acme", "pipeline", READ)
    new, new_text = await keys.rotate(old.id, old_ends_at=clock.now_ms() + 1000)
    assert (new.follows, new.tenant, new.name, new.scopes) == (old.id, "acme", "pipeline", old.scopes)
    lives = [await lives_now(keys, text.reveal(), clock) for text in (old_text, new_text)]
    clock.advance(1000)
    after = [await lives_now(keys, text.reveal(), clock) for text in (old_text, new_text)]
    assert (lives, after) == ([True, True], [False, True])


async def test_rotation_does_not_prolong_a_key_that_ends_sooner(keys: ApiKeys, clock: ManualClock) -> None:
    old, _ = await keys.issue("acme", "", READ, ends_at=clock.now_ms() + 10)
    await keys.rotate(old.id, old_ends_at=clock.now_ms() + 1000)
    found = await keys.with_id(old.id)
    assert found is not None
    assert found.ends_at == clock.now_ms() + 10


async def test_a_revoked_key_has_ended_and_stays_on_record(keys: ApiKeys, clock: ManualClock) -> None:
    key, text = await keys.issue("acme", "", READ)
    await keys.revoke(key.id)
    assert not await lives_now(keys, text.reveal(), clock)
    assert [one.key.id for one in await keys.all()] == [key.id]
    assert await keys.are_any()


@pytest.mark.parametrize("act", ["rotate", "revoke"])
async def test_what_is_not_live_can_be_neither_rotated_nor_revoked(keys: ApiKeys, act: str) -> None:
    key, _ = await keys.issue("acme", "", READ)
    await keys.revoke(key.id)
    for wrong, told in ((key.id, "ended already"), ("nobody", "there is no key"), (f"ends:{key.id}", "no key")):
        with pytest.raises(ApiKeyError, match=told):
            await (keys.revoke(wrong) if act == "revoke" else keys.rotate(wrong, old_ends_at=1))


async def test_the_list_is_by_age_with_what_is_known_of_use(keys: ApiKeys, clock: ManualClock) -> None:
    first, _ = await keys.issue("acme", "first", READ)
    clock.advance(5)
    second, _ = await keys.issue("other", "second", Scope, ends_at=clock.now_ms() + 9)
    await keys.note_use(first.id)
    listed = await keys.all()
    assert [(one.key.id, one.used_at, one.ends_at) for one in listed] == [
        (first.id, clock.now_ms(), 0),
        (second.id, 0, clock.now_ms() + 9),
    ]


@pytest.mark.parametrize("tenant", ["", "Acme", "-a", "a" * 33, "a:b", "a{b}", "ä"])
async def test_a_tenant_whose_name_would_not_fit_a_key_of_redis_is_refused(keys: ApiKeys, tenant: str) -> None:
    with pytest.raises(ApiKeyError, match="no name for a tenant"):
        await keys.issue(tenant, "", READ)


async def lives_now(keys: ApiKeys, text: str, clock: ManualClock) -> bool:
    found = await keys.matching(text)
    assert found is not None
    return found.is_live(clock.now_ms())

"""Keys from the command line: made and printed once, listed without themselves, replaced and ended."""

import asyncio
import re

import pytest
from typer.testing import CliRunner

from cli import keys
from shared.api_keys import ApiKeys
from shared.bus import Bus
from shared.clock import SystemClock
from shared.errors import ApiKeyError

TEXT = re.compile(r"chimein_[a-z0-9]{10}_[A-Za-z0-9_-]{32}")


async def chimein(redis_url: str, *words: str) -> str:
    """In a thread: the command has a loop of its own."""
    runner, environ = CliRunner(), {"REDIS_URL": redis_url, "COLUMNS": "200"}
    result = await asyncio.to_thread(runner.invoke, keys.app, words, env=environ)
    if result.exception:
        raise result.exception
    return result.output


async def test_a_key_is_printed_once_and_opens(redis_url: str, bus: Bus) -> None:
    printed = await chimein(redis_url, "create", "--tenant", "acme", "--name", "[ci]", "--scope", "read", "--days", "1")
    (text,) = TEXT.findall(printed)
    found = await ApiKeys(bus.redis, SystemClock()).matching(text)
    assert found is not None
    assert (found.key.tenant, found.key.name, found.key.scopes) == ("acme", "[ci]", {"read"})
    assert found.ends_at - found.key.created_at == pytest.approx(86_400_000, abs=1000)
    listed = await chimein(redis_url, "list")
    assert found.key.id in listed
    assert "[ci]" in listed
    assert not TEXT.search(listed)


async def test_without_a_wish_it_may_everything_but_administer(redis_url: str, bus: Bus) -> None:
    assert "may ask, manage, read." in await chimein(redis_url, "create")


async def test_a_rotated_key_has_a_successor_and_a_date(redis_url: str, bus: Bus) -> None:
    made = await chimein(redis_url, "create", "--name", "ci")
    key_id = TEXT.findall(made)[0].split("_")[1]
    rotated = await chimein(redis_url, "rotate", key_id, "--overlap-hours", "1")
    assert f"{key_id} works until" in rotated
    both = [await ApiKeys(bus.redis, SystemClock()).matching(TEXT.findall(one)[0]) for one in (made, rotated)]
    assert [bool(one and one.is_live(SystemClock().now_ms())) for one in both] == [True, True]


async def test_a_revoked_key_has_ended_and_is_told_so(redis_url: str, bus: Bus) -> None:
    key_id = TEXT.findall(await chimein(redis_url, "create"))[0].split("_")[1]
    assert "has ended" in await chimein(redis_url, "revoke", key_id)
    assert "has ended" in await chimein(redis_url, "list")
    with pytest.raises(ApiKeyError, match="has ended already"):
        await chimein(redis_url, "rotate", key_id)


async def test_where_there_are_none_the_list_says_so(redis_url: str, bus: Bus) -> None:
    assert "There are no keys" in await chimein(redis_url, "list")


async def test_a_tenant_that_is_no_name_is_refused(redis_url: str, bus: Bus) -> None:
    with pytest.raises(ApiKeyError, match="no name for a tenant"):
        await chimein(redis_url, "create", "--tenant", "Big Corp")

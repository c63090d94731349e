"""Meetings at once per tenant: over the cap nothing is sent, and who has left counts no more."""

import asyncio

import pytest
from support import names_in

from gateway.problems import ProblemError
from gateway.tenant_caps import MAKING_MS, TenantCap
from shared.clock import SystemClock
from shared.config import Secret
from shared.events import BotJoined, JoinMeeting, effect
from shared.streams import INGEST, STATUS, MeetingKeys, ShardKeys, new_meeting_id

KEY = "acme-key-of-some-letters"


@pytest.fixture
def cap(bus, clock):
    return lambda count, tenant="acme": TenantCap(bus, clock, tenant, count)


async def admitted(bus, door, status="listening"):
    meeting_id = new_meeting_id(7)
    await door.admit(meeting_id)
    await bus.redis.hset(MeetingKeys(meeting_id).state, STATUS, status)
    return meeting_id


async def test_over_the_cap_a_meeting_is_refused_and_another_tenants_is_not(bus, cap):
    for _ in range(2):
        await admitted(bus, cap(2))
    with pytest.raises(ProblemError) as refused:
        await admitted(bus, cap(2))
    assert (refused.value.problem.status, "2 meetings" in refused.value.problem.detail) == (429, True)
    await admitted(bus, cap(2, "other"))


async def test_of_many_at_once_over_many_gateways_as_many_as_the_cap_get_in(cap):
    doors = [cap(3) for _ in range(4)]
    tries = (doors[n % 4].admit(new_meeting_id(n % 64)) for n in range(20))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert outcomes.count(None) == 3


@pytest.mark.parametrize("status", ["ended", "failed", "erased"])
async def test_a_meeting_that_is_over_makes_room(bus, cap, status):
    meeting_id = await admitted(bus, cap(1))
    await bus.redis.hset(MeetingKeys(meeting_id).state, STATUS, status)
    await admitted(bus, cap(1))


async def test_a_meeting_that_was_erased_makes_room(bus, cap, clock):
    meeting_id = await admitted(bus, cap(1))
    clock.advance(MAKING_MS + 1)
    await bus.redis.delete(MeetingKeys(meeting_id).state)
    await admitted(bus, cap(1))


async def test_one_that_is_just_being_made_counts_until_its_gateway_must_have_died(cap, clock):
    await cap(1).admit(new_meeting_id(7))
    with pytest.raises(ProblemError):
        await cap(1).admit(new_meeting_id(7))
    clock.advance(MAKING_MS + 1)
    await cap(1).admit(new_meeting_id(7))


async def test_asked_again_for_the_same_meeting_it_counts_once(bus, cap):
    meeting_id = await admitted(bus, cap(1))
    await cap(1).admit(meeting_id)


async def test_without_a_cap_nothing_is_counted(bus, cap):
    await cap(0).admit(new_meeting_id(7))
    assert await names_in(bus) == []


def take_bot(command):
    return [effect(BotJoined, command, "joined", SystemClock(), bot_id="b")] if isinstance(command, JoinMeeting) else []


async def join(rig, number, **headers):
    body = {"meeting_url": f"https://meet.google.com/abc-defg-hi{number}"}
    own = {"Authorization": f"Bearer {KEY}", **headers}
    return await rig.client.post("/meetings/join", json=body, headers=own)


async def test_over_the_cap_no_bot_is_sent_and_the_same_request_succeeds_once_there_is_room(rig_with):
    async with rig_with(chimein_api_keys=Secret(f"acme:{KEY}"), tenant_meetings=1) as rig:
        rig.play(INGEST, take_bot, shards=range(64))
        first = await (await join(rig, "j")).json()
        again, other = await join(rig, "j"), await join(rig, "k", **{"Idempotency-Key": "one"})
        assert (again.status, (await again.json())["meeting_id"]) == (200, first["meeting_id"])
        assert (other.status, (await other.json())["type"]) == (429, "urn:chimein:problem:too-many-meetings")
        assert sum([await rig.bus.redis.xlen(ShardKeys(shard).commands(INGEST)) for shard in range(64)]) == 1
        await rig.bus.redis.hset(MeetingKeys(first["meeting_id"]).state, STATUS, "ended")
        assert (await join(rig, "k", **{"Idempotency-Key": "one"})).status == 201

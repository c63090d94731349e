"""Every meeting is its tenant's alone: to others it is as if it never was."""

import json
import re

import pytest

from gateway.routes import ROUTES
from gateway.tenancy import ensure_own, tenant_of
from shared.clock import SystemClock
from shared.config import Secret
from shared.errors import MeetingGoneError
from shared.events import CODEC, BotJoined, JoinMeeting, MeetingErased, effect
from shared.streams import INGEST, STATUS, TENANT, MeetingKeys, ShardKeys, new_meeting_id

ACME, OTHER = "acme-key-of-some-letters", "other-key-of-some-letters"
KEYS = Secret(f"acme:{ACME},other:{OTHER}")
OF_ONE = [route for route in ROUTES if "{meeting_id}" in route.path and not route.is_open]
BODIES = {"ask": {"question": "What?"}, "say": {"text": "Hello."}, "vocabulary": {"vocabulary": []}}


def take_bot(command):
    return [effect(BotJoined, command, "joined", SystemClock(), bot_id="b")] if isinstance(command, JoinMeeting) else []


def bearing(key):
    return {"Authorization": f"Bearer {key}"}


async def knock(rig, route, meeting_id, key=OTHER):
    """Status and body, without the address that the body repeats."""
    path = route.path.replace("{meeting_id}", meeting_id).replace("{format}", "txt")
    path = re.sub(r"{\w+}", "x", path)
    body = BODIES.get(path.rpartition("/")[2])
    response = await rig.client.request(route.method, path, json=body, headers=bearing(key))
    return response.status, (await response.text()).replace(meeting_id, "")


@pytest.fixture
async def two(rig_with):
    async with rig_with(chimein_api_keys=KEYS) as rig:
        yield rig


@pytest.mark.parametrize("route", OF_ONE, ids=lambda route: f"{route.method} {route.path}")
async def test_anothers_meeting_is_answered_as_one_that_never_was(two, route):
    meeting_id = await two.meeting(tenant="acme")
    before = await two.bus.redis.dump(MeetingKeys(meeting_id).timeline)
    anothers, unknown = [await knock(two, route, one) for one in (meeting_id, new_meeting_id(7))]
    assert anothers == unknown
    assert (anothers[0], json.loads(anothers[1])["type"]) == (404, "urn:chimein:problem:unknown-meeting")
    assert await two.bus.redis.dump(MeetingKeys(meeting_id).timeline) == before


async def test_the_list_has_ones_own_alone(two):
    acmes, others = await two.meeting(tenant="acme"), await two.meeting(tenant="other")
    for key, own in ((ACME, acmes), (OTHER, others)):
        listed = await (await two.client.get("/meetings", headers=bearing(key))).json()
        assert [meeting["meeting_id"] for meeting in listed["meetings"]] == [own]


async def test_a_meeting_that_is_gone_leaves_the_list_and_the_list_in_redis(two):
    meeting_id = await two.meeting(tenant="acme")
    await two.bus.redis.delete(MeetingKeys(meeting_id).state)
    listed = await (await two.client.get("/meetings", headers=bearing(ACME))).json()
    assert listed["meetings"] == []
    assert not await two.bus.redis.exists(ShardKeys(7).listing("acme"))


async def test_the_receipt_of_an_erased_meeting_is_its_tenants_alone(bus):
    keys = MeetingKeys(new_meeting_id(7))
    erased = MeetingErased(id="e", meeting_id=keys.meeting_id, at=1, stores={}, tenant="acme")
    kind, body = CODEC.encode(erased)
    await bus.redis.xadd(keys.timeline, {CODEC.TYPE: kind, CODEC.BODY: body})
    await ensure_own(bus, keys.meeting_id, "acme")
    with pytest.raises(MeetingGoneError):
        await ensure_own(bus, keys.meeting_id, "other")


async def test_a_meeting_of_before_there_were_tenants_is_the_defaults(bus):
    meeting_id = new_meeting_id(7)
    await bus.redis.hset(MeetingKeys(meeting_id).state, STATUS, "listening")
    assert await tenant_of(bus, meeting_id) == "default"


async def test_what_is_kept_without_a_status_is_no_meeting(bus):
    meeting_id = new_meeting_id(7)
    await bus.redis.hset(MeetingKeys(meeting_id).state, TENANT, "acme")
    assert await tenant_of(bus, meeting_id) is None


@pytest.mark.parametrize("wrong", ["", "m", "m-07-x", "m-ff-" + "a" * 20, "n-07-" + "a" * 20, "m-07-" + "ä" * 20])
async def test_what_is_no_id_is_no_meeting(bus, wrong):
    with pytest.raises(MeetingGoneError):
        await ensure_own(bus, wrong, "default")


async def test_the_same_call_is_joined_once_by_each_tenant_under_one_idempotency_key(two):
    two.play(INGEST, take_bot, shards=range(64))
    body = {"meeting_url": "https://meet.google.com/abc-defg-hij"}
    made = []
    for key in (ACME, OTHER, ACME):
        headers = {**bearing(key), "Idempotency-Key": "one"}
        response = await two.client.post("/meetings/join", json=body, headers=headers)
        made.append((response.status, (await response.json())["meeting_id"]))
    assert [status for status, _ in made] == [201] * 3
    assert made[0] == made[2] != made[1]
    states = [await two.bus.state(meeting_id) for _, meeting_id in made[:2]]
    assert [state[TENANT] for state in states] == ["acme", "other"]

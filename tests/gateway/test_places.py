"""The bot's place in a call: had by one meeting, and never by one that is not there."""

import asyncio

import pytest

from gateway.places import MAKING_MS, Place, give_back_place
from shared.meeting_urls import parse_meeting_url
from shared.streams import MEETING_URL, STATUS, TENANT, MeetingKeys, new_meeting_id

URL = "https://meet.google.com/abc-defg-hij"
LINK = parse_meeting_url(URL)


class HurriedClock:
    """Time passes only while somebody sleeps, and then at once; `meanwhile` happens during the first sleep."""

    def __init__(self, meanwhile=None) -> None:
        self._now_ms, self._meanwhile = 0, meanwhile

    def now_ms(self) -> int:
        return self._now_ms

    async def sleep(self, seconds: float) -> None:
        self._now_ms += round(seconds * 1000)
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile:
            await meanwhile


@pytest.fixture
def place(bus, clock) -> Place:
    return Place(bus, clock, "default", LINK)


async def made(bus, status: str = "joining") -> str:
    meeting_id = new_meeting_id(7)
    await bus.redis.hset(MeetingKeys(meeting_id).state, STATUS, status)
    return meeting_id


async def test_first_has_it_and_others_are_led_there(bus, place):
    first, second = await made(bus), new_meeting_id(3)
    assert await place.take(first, force=False) == first
    assert await place.take(second, force=False) == first
    assert await place.take(first, force=False) == first


async def test_another_tenant_or_call_has_a_place_of_its_own(bus, clock, place):
    first = await made(bus)
    await place.take(first, force=False)
    other_call = parse_meeting_url("https://zoom.us/j/1234567890")
    for tenant, link in (("other", LINK), ("default", other_call)):
        assert await Place(bus, clock, tenant, link).take("m-mine", force=False) == "m-mine"


async def test_meeting_that_is_over_is_replaced(bus, place):
    over = await made(bus, "failed")
    await place.take(over, force=False)
    assert await place.take("m-mine", force=False) == "m-mine"


async def test_meeting_that_is_just_being_made_is_waited_for(bus, place):
    slow = new_meeting_id(5)
    await place.take(slow, force=False)
    clock = HurriedClock(bus.redis.hset(MeetingKeys(slow).state, STATUS, "requested"))
    assert await Place(bus, clock, "default", LINK).take("m-mine", force=False) == slow


async def test_meeting_that_never_comes_is_replaced_after_moments(bus, place):
    await place.take(new_meeting_id(5), force=False)
    clock = HurriedClock()
    assert await Place(bus, clock, "default", LINK).take("m-mine", force=False) == "m-mine"
    assert MAKING_MS < clock.now_ms() < MAKING_MS + 1000


async def test_only_one_of_those_who_wait_replaces_it(bus, clock, place):
    over = await made(bus, "ended")
    await place.take(over, force=False)
    mine, yours = await made(bus), await made(bus)
    taken = await asyncio.gather(*(place.take(one, force=False) for one in (mine, yours)))
    assert len(set(taken)) == 1


async def test_force_takes_it_from_anybody(bus, place):
    first = await made(bus)
    await place.take(first, force=False)
    forced = await made(bus)
    assert await place.take(forced, force=True) == forced
    assert await place.take(first, force=False) == forced


async def test_it_is_given_back_only_by_who_has_it(bus, clock, place):
    first = await made(bus)
    await place.take(first, force=False)
    state = {MEETING_URL: URL, TENANT: "default"}
    await give_back_place(bus, clock, "m-other", state)
    assert await place.take("m-third", force=False) == first
    await give_back_place(bus, clock, first, state)
    assert await place.take("m-third", force=False) == "m-third"


async def test_meeting_without_a_link_has_none_to_give_back(bus, clock):
    await give_back_place(bus, clock, "m-room", {})
    assert await bus.redis.dbsize() == 0


async def test_it_names_neither_call_nor_tenant_and_does_not_stay_for_ever(bus, place):
    await place.take("m-mine", force=False)
    (name,) = await bus.redis.keys("*")
    assert b"abc" not in name
    assert b"default" not in name
    assert await bus.redis.pttl(name) > 0

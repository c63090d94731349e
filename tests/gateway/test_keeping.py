"""What a clerk writes is written whole, by its owner only, and goes with the meeting."""

import pytest
from clerks import make_meeting

from gateway.hooks.deliveries import Delivery
from gateway.keeping import Keeper, Kept
from gateway.search.index import Changes, Said
from shared.bus import Bus, Epoch
from shared.errors import FencedError, ForgottenError, MeetingGoneError
from shared.streams import CLERK, INDEXED, TOLD, MeetingKeys, new_meeting_id

SAID = Changes(added={"budget\0l1": None}, said={"l1": Said("1-0", 0, "Ada")})


def delivery(state: str = "pending") -> Delivery:
    return Delivery(id="msg_1", endpoint_id="ep", type="line", cursor="1-0", created_at=1, state=state)


async def test_who_lost_the_shard_can_change_nothing(bus: Bus):
    meeting_id = await make_meeting(bus)
    keys = MeetingKeys(meeting_id)
    await bus.redis.hset(keys.shard.own(CLERK), mapping={"epoch": "8", "owner": "other"})
    zombie = Keeper(bus, meeting_id, Epoch(CLERK, keys.shard.shard, 7))
    with pytest.raises(FencedError):
        await zombie.write(Kept(state={TOLD: "9-0"}, changes=SAID, deliveries=(delivery(),), fresh=(delivery(),)))
    assert await bus.redis.exists(keys.words, keys.said, keys.deliveries) == 0
    assert await bus.redis.hget(keys.state, TOLD) is None


async def test_nothing_is_kept_of_a_meeting_that_is_gone(bus: Bus):
    meeting_id = new_meeting_id(7)
    with pytest.raises(MeetingGoneError):
        await Keeper(bus, meeting_id).write(Kept(changes=SAID))
    assert await bus.redis.keys("*") == []


async def test_whoever_knows_of_more_than_redis_does_begins_anew(bus: Bus):
    meeting_id = await make_meeting(bus)
    keeper = Keeper(bus, meeting_id)
    await keeper.write(Kept(after="", state={INDEXED: "1:5-0"}))
    with pytest.raises(ForgottenError):
        await keeper.write(Kept(after="1:7-0", changes=SAID))
    await keeper.write(Kept(after="1:5-0", changes=SAID))
    assert await bus.redis.exists(MeetingKeys(meeting_id).words) == 1


async def test_a_delivery_is_made_once_and_stays_what_it_became(bus: Bus):
    meeting_id = await make_meeting(bus)
    keeper = Keeper(bus, meeting_id)
    assert await keeper.write(Kept(fresh=(delivery(),))) == {"msg_1"}
    await keeper.write(Kept(deliveries=(delivery("delivered"),)))
    assert await keeper.write(Kept(fresh=(delivery(),))) == set()
    assert b"delivered" in await bus.redis.hget(MeetingKeys(meeting_id).deliveries, "msg_1")


async def test_what_is_written_after_the_end_expires_with_the_rest(bus: Bus):
    meeting_id = await make_meeting(bus)
    keys = MeetingKeys(meeting_id)
    await bus.redis.pexpire(keys.state, 50_000)
    await Keeper(bus, meeting_id).write(Kept(changes=SAID, fresh=(delivery(),)))
    for key in (keys.words, keys.said, keys.deliveries):
        assert 0 < await bus.redis.pttl(key) <= 50_000

"""What became of webhooks, looked up."""

import pytest
from clerks import clerks, make_meeting, say
from hooks_api import deliveries, endpoint_at, until_state
from receivers import receiver

from shared.streams import MeetingKeys


@pytest.fixture
async def rig(rig_with):
    async with rig_with(webhooks_to_private=True) as made:
        yield made


@pytest.fixture
async def there():
    async with receiver() as made:
        yield made


class TestHistory:
    async def test_it_comes_in_pages_newest_first_by_endpoint_meeting_and_state(self, rig, there, redis_url):
        made = await endpoint_at(rig, there, events=["line"])
        one, other = await make_meeting(rig.bus, shard=1), await make_meeting(rig.bus, shard=2)
        async with clerks(redis_url):
            for n in range(6):
                await say(rig.bus, one, "word", first=n)
                await say(rig.bus, other, "word", first=n)
            await until_state(rig, "delivered", 12)
        seen, cursor = [], ""
        while cursor is not None:
            query = {"limit": 5, "cursor": cursor, "endpoint_id": made["id"]}
            page = await (await rig.client.get("/webhooks/deliveries", params=query)).json()
            seen += page["deliveries"]
            cursor = page["next_cursor"]
        assert len({one["id"] for one in seen}) == len(seen) == 12
        assert [one["created_at"] for one in seen] == sorted((one["created_at"] for one in seen), reverse=True)
        assert len(await deliveries(rig, meeting_id=one)) == 6
        assert await deliveries(rig, endpoint_id="ep_none") == []

    async def test_it_goes_with_the_meeting(self, rig, there, redis_url):
        await endpoint_at(rig, there, events=["line"])
        meeting_id = await make_meeting(rig.bus)
        async with clerks(redis_url):
            await say(rig.bus, meeting_id, "word")
            (done,) = await until_state(rig, "delivered", 1)
        keys = MeetingKeys(meeting_id)
        await rig.bus.redis.delete(keys.state, keys.timeline, keys.words, keys.said, keys.deliveries)
        assert await deliveries(rig) == []
        assert (await rig.client.post(f"/webhooks/deliveries/{done['id']}/replay")).status == 404
        assert await rig.bus.redis.keys("*deliveries*") == []

    @pytest.mark.parametrize(
        "delivery_id", ["x", "msg_1", "msg_07-00000000000000000000_0000000000000000", "msg_07-0_%00"]
    )
    async def test_what_is_no_delivery_is_404(self, rig, delivery_id):
        assert (await rig.client.post(f"/webhooks/deliveries/{delivery_id}/replay")).status == 404

    async def test_meetings_of_others_are_404(self, rig):
        query = {"meeting_id": await make_meeting(rig.bus, tenant="other")}
        assert (await rig.client.get("/webhooks/deliveries", params=query)).status == 404

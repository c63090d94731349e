"""Leaving and erasing: what callers get, and what the workers see."""

import asyncio

from redis.asyncio import Redis

from gateway.places import Place
from shared.clock import SystemClock
from shared.connections import connect
from shared.events import CODEC, BotLeft, LeaveRefused, MeetingErased, effect
from shared.meeting_urls import parse_meeting_url
from shared.streams import INGEST, MeetingKeys

CLOCK = SystemClock()


async def erase_now(redis: Redis, command) -> None:
    keys = MeetingKeys(command.meeting_id)
    erased = effect(MeetingErased, command, "erased", CLOCK, stores={"timeline": 3}, vendors={"recall": "requested"})
    kind, body = CODEC.encode(erased)
    pipe = redis.pipeline()
    pipe.delete(keys.state, keys.timeline)
    pipe.xadd(keys.timeline, {CODEC.TYPE: kind, CODEC.BODY: body})
    await pipe.execute()


class TestLeave:
    async def test_leaving_answers_when_the_bot_is_out(self, rig):
        rig.play(INGEST, lambda command: [effect(BotLeft, command, "left", CLOCK)])
        meeting_id = await rig.meeting()
        response = await rig.client.post(f"/meetings/{meeting_id}/leave")
        assert (response.status, await response.json()) == (200, {"meeting_id": meeting_id, "already": False})

    async def test_meeting_that_is_over_is_left_at_once_without_a_command(self, fake_rig):
        meeting_id = await fake_rig.meeting(status="ended")
        response = await fake_rig.client.post(f"/meetings/{meeting_id}/leave")
        assert (await response.json())["already"] is True
        assert await fake_rig.bus.redis.xlen(MeetingKeys(meeting_id).shard.commands(INGEST)) == 0

    async def test_refused_leave_is_a_problem_that_may_be_tried_again(self, rig):
        facts = {"reason": "busy", "category": "rate_limit"}
        rig.play(INGEST, lambda command: [effect(LeaveRefused, command, "refused", CLOCK, **facts)])
        response = await rig.client.post(f"/meetings/{await rig.meeting()}/leave")
        assert (response.status, (await response.json())["detail"]) == (503, "busy")
        assert "Retry-After" in response.headers


class TestErase:
    async def erased(self, rig, meeting_id: str):
        redis = connect(f"redis://127.0.0.1:{rig.bus.redis.connection_pool.connection_kwargs['port']}/0")
        pending = asyncio.create_task(rig.client.delete(f"/meetings/{meeting_id}"))
        rig.play(INGEST, lambda _: [])
        await rig.workers.arrived.wait()
        await erase_now(redis, rig.workers.commands[0])
        await redis.aclose()
        return await pending

    async def test_erasing_gives_a_receipt(self, rig):
        meeting_id = await rig.meeting()
        response = await self.erased(rig, meeting_id)
        receipt = await response.json()
        assert response.status == 200
        assert (receipt["meeting_id"], receipt["stores"]) == (meeting_id, {"timeline": 3})
        assert [(one["vendor"], one["state"]) for one in receipt["vendors"]] == [("recall", "requested")]

    async def test_erasing_again_at_once_gives_the_same_receipt(self, rig):
        meeting_id = await rig.meeting()
        first = await (await self.erased(rig, meeting_id)).json()
        assert await (await rig.client.delete(f"/meetings/{meeting_id}")).json() == first
        assert len(rig.workers.commands) == 1

    async def test_call_of_an_erased_meeting_may_be_joined_anew_at_once(self, rig):
        url = "https://meet.google.com/abc-defg-hij"
        meeting_id = await rig.meeting(meeting_url=url, tenant="default")
        place = Place(rig.bus, CLOCK, "default", parse_meeting_url(url))
        await place.take(meeting_id, force=False)
        await self.erased(rig, meeting_id)
        assert await rig.bus.redis.keys("{place-*") == []

    async def test_unknown_meeting_is_404(self, fake_rig):
        response = await fake_rig.client.delete(f"/meetings/m-07-{'0' * 20}")
        assert response.status == 404


class TestEraseTenant:
    async def test_every_meeting_of_the_tenant_goes_and_no_other(self, rig):
        own = [await rig.meeting(tenant="default") for _ in range(3)]
        other = await rig.meeting(tenant="globex")
        redis = connect(f"redis://127.0.0.1:{rig.bus.redis.connection_pool.connection_kwargs['port']}/0")
        pending = asyncio.create_task(rig.client.delete("/tenants/me/data"))
        rig.play(INGEST, lambda _: [])
        while len(rig.workers.commands) < 3:
            rig.workers.arrived.clear()
            await rig.workers.arrived.wait()
        for command in rig.workers.commands:
            await erase_now(redis, command)
        await redis.aclose()
        told = await (await pending).json()
        assert (sorted(told["erased"]), told["pending"]) == (sorted(own), [])
        assert await rig.bus.redis.exists(MeetingKeys(other).state)

    async def test_what_is_not_erased_in_time_is_told(self, rig_with):
        async with rig_with(erase_wait_s=0.1) as rig:
            meeting_id = await rig.meeting(tenant="default")
            assert await (await rig.client.delete("/tenants/me/data")).json() == {"erased": [], "pending": [meeting_id]}

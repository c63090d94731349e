"""Joining, leaving, erasing: what callers get, and what the workers see."""

import asyncio

import msgspec
from redis.asyncio import Redis

from shared.bus import connect
from shared.clock import SystemClock
from shared.events import CODEC, BotJoined, BotLeft, JoinMeeting, JoinRefused, LeaveRefused, MeetingErased, effect
from shared.streams import INGEST, SHARDS, MeetingKeys

CLOCK = SystemClock()
LINK = "https://meet.google.com/abc-defg-hij"
ALL = range(SHARDS)


def takes_bot(command):
    return [effect(BotJoined, command, "joined", CLOCK, bot_id="bot-1")]


def refuses_bot(category, reason="the platform said no"):
    return lambda command: [effect(JoinRefused, command, "refused", CLOCK, reason=reason, category=category)]


def one_after_the_other(scripts):
    """The first script for the first command, and so on."""
    left = iter(scripts)

    def script(command):
        return next(left)(command)

    return script


async def erase_now(redis: Redis, command) -> None:
    keys = MeetingKeys(command.meeting_id)
    erased = effect(MeetingErased, command, "erased", CLOCK, stores={"timeline": 3})
    kind, body = CODEC.encode(erased)
    pipe = redis.pipeline()
    pipe.delete(keys.state, keys.timeline)
    pipe.xadd(keys.timeline, {CODEC.TYPE: kind, CODEC.BODY: body})
    await pipe.execute()


class TestJoin:
    async def test_bot_taken_by_the_platform_makes_201_with_where_to_look(self, rig):
        rig.play(INGEST, takes_bot, shards=ALL)
        response = await rig.client.post("/meetings/join", json={"meeting_url": LINK, "bot_name": "Bell"})
        made = await response.json()
        assert response.status == 201
        assert response.headers["Location"] == f"/meetings/{made['meeting_id']}/status"
        assert (made["status"], made["platform"], made["bot_name"]) == ("joining", "google_meet", "Bell")

    async def test_meeting_is_kept_active_announced_and_has_a_secret_token(self, rig):
        rig.play(INGEST, takes_bot, shards=ALL)
        made = await (await rig.client.post("/meetings/join", json={"meeting_url": LINK})).json()
        keys = MeetingKeys(made["meeting_id"])
        state = await rig.bus.state(made["meeting_id"])
        timeline = [CODEC.decode(entry.fields) for entry in await rig.bus.timeline(made["meeting_id"])]
        assert made["meeting_id"] in await rig.bus.active(keys.shard.shard)
        assert await rig.bus.redis.xrevrange(keys.shard.roster, count=1)
        assert len(bytes.fromhex(state["socket_token"])) == 32
        assert [type(event).__name__ for event in timeline] == ["MeetingRequested", "BotJoined"]
        assert state["tenant"] == "default"
        assert state["socket_token"].encode() not in b"".join(msgspec.json.encode(event) for event in timeline)

    async def test_wishes_reach_ingest_in_the_command(self, rig):
        rig.play(INGEST, takes_bot, shards=ALL)
        wishes = {
            "language": "de",
            "answer_when": "never",
            "speak": False,
            "retention_hours": 2,
            "metadata": {"a": "b"},
        }
        await rig.client.post("/meetings/join", json={"meeting_url": f"{LINK}?authuser=1", **wishes})
        (command,) = rig.workers.commands
        assert isinstance(command, JoinMeeting)
        assert command.meeting_url == LINK
        assert {name: getattr(command.settings, name) for name in wishes} == wishes

    async def test_refusals_are_told_by_category(self, rig):
        expected = {"invalid": 422, "authentication": 502, "rate_limit": 503, "unavailable": 503, "timeout": 504}
        scripts = [refuses_bot(category) for category in expected]
        rig.play(INGEST, one_after_the_other(scripts), shards=ALL)
        seen = {}
        for category in expected:
            response = await rig.client.post("/meetings/join", json={"meeting_url": LINK})
            problem = await response.json()
            seen[category] = response.status
            assert problem["detail"] == "the platform said no"
            assert problem["meeting_id"]
            assert ("Retry-After" in response.headers) == (response.status == 503)
        assert seen == expected

    async def test_without_any_ingest_the_504_names_it_and_where_to_look_later(self, rig_with):
        async with rig_with(join_wait_s=0.2) as rig:
            response = await rig.client.post("/meetings/join", json={"meeting_url": LINK})
            problem = await response.json()
        assert response.status == 504
        assert "no ingest worker is running" in problem["detail"]
        assert f"/meetings/{problem['meeting_id']}/status" in problem["detail"]

    async def test_link_to_no_meeting_names_field_and_remedy_and_leaves_nothing_behind(self, fake_rig):
        response = await fake_rig.client.post("/meetings/join", json={"meeting_url": "https://example.com/x"})
        problem = await response.json()
        assert response.status == 422
        assert response.content_type == "application/problem+json"
        assert problem["errors"][0]["field"] == "meeting_url"
        assert "paste" in problem["errors"][0]["remedy"]
        assert await fake_rig.bus.redis.keys("*") == []

    async def test_meetings_are_spread_over_shards(self, rig):
        rig.play(INGEST, takes_bot, shards=ALL)
        posts = [rig.client.post("/meetings/join", json={"meeting_url": LINK}) for _ in range(12)]
        made = [await response.json() for response in await asyncio.gather(*posts)]
        assert len({meeting["meeting_id"].split("-")[1] for meeting in made}) > 3


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

    async def test_erasing_again_at_once_gives_the_same_receipt(self, rig):
        meeting_id = await rig.meeting()
        first = await (await self.erased(rig, meeting_id)).json()
        assert await (await rig.client.delete(f"/meetings/{meeting_id}")).json() == first
        assert len(rig.workers.commands) == 1

    async def test_unknown_meeting_is_404(self, fake_rig):
        response = await fake_rig.client.delete(f"/meetings/m-07-{'0' * 20}")
        assert response.status == 404

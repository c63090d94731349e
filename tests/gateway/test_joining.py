"""Joining: what callers get, what ingest sees, and one bot per call."""

import asyncio

import msgspec
import pytest

from shared.clock import SystemClock
from shared.events import CODEC, BotJoined, JoinMeeting, JoinRefused, MeetingStateChanged, effect
from shared.streams import INGEST, SHARDS, MeetingKeys

CLOCK = SystemClock()
LINK = "https://meet.google.com/abc-defg-hij"
KEY = {"Idempotency-Key": "one"}
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
            "title": "Stand-up",
            "vocabulary": ["Kubernetes", "Ada Lovelace"],
        }
        await rig.client.post("/meetings/join", json={"meeting_url": f"{LINK}?authuser=1", **wishes})
        (command,) = rig.workers.commands
        assert isinstance(command, JoinMeeting)
        assert command.meeting_url == LINK
        assert {name: getattr(command.settings, name) for name in wishes} == wishes

    @pytest.mark.parametrize(
        ("own", "wanted", "outlet"),
        [
            ({}, "auto", "clips"),
            ({"public_url": "https://chimein.example.org"}, "auto", "media"),
            ({"public_url": "http://127.0.0.1:8000"}, "auto", "clips"),
            ({"public_url": "https://chimein.example.org"}, "clips", "clips"),
            ({"public_url": "https://chimein.example.org", "outlet": "clips"}, "auto", "clips"),
            ({"public_url": "http://10.0.0.1", "outlet": "media"}, "auto", "media"),
        ],
    )
    async def test_a_bot_speaks_through_the_page_where_it_can_be_reached(self, rig_with, own, wanted, outlet):
        async with rig_with(**own) as rig:
            rig.play(INGEST, takes_bot, shards=ALL)
            await rig.client.post("/meetings/join", json={"meeting_url": LINK, "outlet": wanted})
            (command,) = rig.workers.commands
            assert (command.settings.outlet, command.public_url) == (outlet, own.get("public_url", ""))

    async def test_a_page_that_nobody_could_reach_is_refused(self, fake_rig):
        response = await fake_rig.client.post("/meetings/join", json={"meeting_url": LINK, "outlet": "media"})
        assert response.status == 422
        assert "PUBLIC_URL" in (await response.json())["errors"][0]["remedy"]

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
        forced = {"meeting_url": LINK, "force": True}
        posts = [rig.client.post("/meetings/join", json=forced) for _ in range(12)]
        made = [await response.json() for response in await asyncio.gather(*posts)]
        assert len({meeting["meeting_id"].split("-")[1] for meeting in made}) > 3

    async def test_title_and_terms_are_cleaned(self, rig):
        rig.play(INGEST, takes_bot, shards=ALL)
        wishes = {"title": " Stand\u200b-up\n now ", "vocabulary": [" OKR", "okr", "", "a  b"]}
        await rig.client.post("/meetings/join", json={"meeting_url": LINK, **wishes})
        (command,) = rig.workers.commands
        assert (command.settings.title, command.settings.vocabulary) == ("Stand-up now", ["OKR", "a b"])

    @pytest.mark.parametrize(
        ("field", "value"), [("title", "x" * 201), ("vocabulary", ["x"] * 101), ("vocabulary", ["x" * 61])]
    )
    async def test_more_than_anybody_needs_names_the_field_and_sends_nobody(self, fake_rig, field, value):
        response = await fake_rig.client.post("/meetings/join", json={"meeting_url": LINK, field: value})
        problem = await response.json()
        assert (response.status, problem["errors"][0]["field"].partition("[")[0]) == (422, field)
        assert await fake_rig.bus.redis.keys("*") == []


class TestJoinAgain:
    async def join(self, rig, url: str = LINK, *, headers=None, **wishes):
        response = await rig.client.post("/meetings/join", json={"meeting_url": url, **wishes}, headers=headers)
        return response.status, await response.json()

    async def test_same_call_by_another_form_of_its_link_is_the_first_meeting(self, rig):
        rig.play(INGEST, takes_bot, shards=ALL)
        status, first = await self.join(rig, "https://zoom.us/j/1234567890?pwd=a")
        again, second = await self.join(rig, "https://acme.zoom.us/wc/1234567890/join", bot_name="Other")
        assert (status, first["joined_already"]) == (201, False)
        assert again == 200
        assert second == {**first, "joined_already": True, "status": second["status"]}
        assert len(rig.workers.commands) == 1

    async def test_another_call_is_another_meeting(self, rig):
        rig.play(INGEST, takes_bot, shards=ALL)
        made = [await self.join(rig, f"https://meet.google.com/abc-defg-hi{last}") for last in "jk"]
        assert [status for status, _ in made] == [201, 201]

    async def test_force_sends_another_bot_and_is_the_meeting_to_be_found_then(self, rig):
        rig.play(INGEST, takes_bot, shards=ALL)
        _, first = await self.join(rig)
        status, forced = await self.join(rig, force=True)
        _, third = await self.join(rig)
        assert status == 201
        assert first["meeting_id"] != forced["meeting_id"] == third["meeting_id"]

    @pytest.mark.parametrize("over", ["ended", "failed"])
    async def test_meeting_that_is_over_makes_room(self, rig, over):
        rig.play(INGEST, takes_bot, shards=ALL)
        _, first = await self.join(rig)
        (command,) = rig.workers.commands
        await rig.add(effect(MeetingStateChanged, command, "over", CLOCK, status=over))
        status, second = await self.join(rig)
        assert (status, second["meeting_id"] != first["meeting_id"]) == (201, True)

    async def test_joins_at_once_through_two_gateways_send_one_bot(self, rig, rig_with):
        async with rig_with() as other:
            rig.play(INGEST, takes_bot, shards=ALL)
            made = await asyncio.gather(*(self.join(gateway) for gateway in (rig, other) * 4))
        assert sorted(status for status, _ in made) == [200] * 7 + [201]
        assert len({body["meeting_id"] for _, body in made}) == 1
        assert len(rig.workers.commands) == 1

    async def test_repeat_under_its_key_is_answered_the_same_even_when_the_first_is_over(self, rig):
        rig.play(INGEST, takes_bot, shards=ALL)
        _, first = await self.join(rig)
        before, second = await self.join(rig, headers=KEY)
        await rig.add(effect(MeetingStateChanged, rig.workers.commands[0], "over", CLOCK, status="ended"))
        after, third = await self.join(rig, headers=KEY)
        assert (before, after) == (200, 200)
        assert first["meeting_id"] == second["meeting_id"] == third["meeting_id"]
        assert len(rig.workers.commands) == 1

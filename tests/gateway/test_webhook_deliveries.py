"""From what happens in a meeting to the receiver: each thing told, under one id, whoever dies on the way."""

import asyncio

import pytest
from clerks import CLOCK, clerks, end_meeting, make_meeting, say, until_indexed
from hooks_api import endpoint_at, endpoints, until_state
from receivers import Receiver, receiver
from support import eventually

from gateway.hooks.endpoints import Endpoints
from shared.events import Brief, BriefWritten, JoinRefused, MeetingStateChanged
from shared.meetings import write_of
from shared.streams import SETTLED, MeetingKeys

QUICK = {"delays_ms": (20, 20, 20)}


@pytest.fixture
async def rig(rig_with):
    async with rig_with(webhooks_to_private=True) as made:
        yield made


@pytest.fixture
async def there():
    async with receiver() as made:
        yield made


async def until_calls(there: Receiver, count: int) -> None:
    await eventually(lambda: len(there.calls) >= count)


async def start(rig, meeting_id: str) -> None:
    inside = MeetingStateChanged(id="inside", meeting_id=meeting_id, at=CLOCK.now_ms(), status="listening")
    await rig.bus.write(meeting_id, write_of(inside))


class TestTelling:
    async def test_a_meeting_from_start_to_end_is_told_and_believed(self, rig, there, redis_url):
        made = await endpoint_at(rig, there)
        meeting_id = await make_meeting(rig.bus)
        async with clerks(redis_url):
            await start(rig, meeting_id)
            await say(rig.bus, meeting_id, "Top secret.")
            parts = {"key_points": [], "decisions": [], "action_items": [], "open_questions": []}
            brief = Brief(title="Stand-up", summary="s", made_by="rules", **parts)
            written = BriefWritten(id="b", meeting_id=meeting_id, at=CLOCK.now_ms(), brief=brief)
            await rig.bus.write(meeting_id, write_of(written))
            await end_meeting(rig.bus, meeting_id)
            await until_calls(there, 4)
        assert sorted(there.types()) == ["brief.ready", "line", "meeting.ended", "meeting.started"]
        assert [there.verified(made["secret"], n)["data"]["meeting_id"] for n in range(4)] == [meeting_id] * 4
        assert b"Top secret" not in b"".join(there.bodies)

    async def test_a_meeting_that_cannot_be_joined_is_told_once(self, rig, there, redis_url):
        await endpoint_at(rig, there)
        meeting_id = await make_meeting(rig.bus)
        about = {"meeting_id": meeting_id, "at": CLOCK.now_ms()}
        async with clerks(redis_url):
            await rig.bus.write(meeting_id, write_of(JoinRefused(id="r", reason="no such call", category="x", **about)))
            failed = MeetingStateChanged(id="f", status="failed", explanation="no such call", **about)
            await rig.bus.write(meeting_id, write_of(failed))
            await until_indexed(rig.bus, meeting_id)
            await until_calls(there, 1)
            await until_state(rig, "delivered", 1)
        assert there.types() == ["meeting.failed"]

    async def test_words_come_only_where_they_were_asked_for_and_events_only_if_named(self, rig, there, redis_url):
        async with receiver() as other:
            await endpoint_at(rig, there, events=["line"], include_text=True)
            await endpoint_at(rig, other, events=["meeting.started"])
            meeting_id = await make_meeting(rig.bus)
            async with clerks(redis_url):
                await start(rig, meeting_id)
                await say(rig.bus, meeting_id, "Hello.")
                await until_calls(there, 1)
                await until_calls(other, 1)
                await until_state(rig, "delivered", 2)
            assert (there.types(), other.types()) == (["line"], ["meeting.started"])
        assert there.calls[0][1]["data"]["text"] == "Hello."

    async def test_an_endpoint_hears_nothing_of_what_was_before_it(self, rig, there, redis_url):
        meeting_id = await make_meeting(rig.bus)
        await say(rig.bus, meeting_id, "before")
        await endpoint_at(rig, there, events=["line"], include_text=True)
        async with clerks(redis_url):
            await until_indexed(rig.bus, meeting_id)
            await say(rig.bus, meeting_id, "after", first=2)
            await until_calls(there, 1)
        assert [body["data"]["text"] for _, body in there.calls] == ["after"]

    async def test_meetings_of_another_tenant_are_not_told_of(self, rig, there, redis_url):
        await endpoint_at(rig, there)
        theirs, ours = await make_meeting(rig.bus, tenant="other"), await make_meeting(rig.bus)
        async with clerks(redis_url):
            await start(rig, theirs)
            await until_indexed(rig.bus, theirs)
            await start(rig, ours)
            await until_calls(there, 1)
        assert [body["data"]["meeting_id"] for _, body in there.calls] == [ours]

    async def test_two_clerks_at_once_send_each_thing_once(self, rig, there, redis_url):
        await endpoint_at(rig, there, events=["line"])
        meetings = [await make_meeting(rig.bus, shard=n) for n in range(6)]
        async with clerks(redis_url), clerks(redis_url):
            for n in range(5):
                for meeting_id in meetings:
                    await say(rig.bus, meeting_id, "word", first=n)
            await until_calls(there, 30)
            await until_state(rig, "delivered", 30)
        assert len(there.ids) == len(set(there.ids)) == 30


class TestFailing:
    async def test_what_fails_is_tried_again_under_its_id_and_as_it_was(self, rig, there, redis_url):
        there.answers = [500, 429, 302]
        await endpoint_at(rig, there, events=["line"])
        meeting_id = await make_meeting(rig.bus)
        async with clerks(redis_url, **QUICK):
            await say(rig.bus, meeting_id, "word")
            (done,) = await until_state(rig, "delivered", 1)
        assert (len(there.calls), len(set(there.ids)), len(set(there.bodies))) == (4, 1, 1)
        assert [attempt["status"] for attempt in done["attempts"]] == [500, 429, 302, 200]
        assert done["id"] == there.ids[0]

    async def test_after_the_last_try_it_is_given_up_and_can_be_replayed(self, rig, there, redis_url):
        there.answers = [500] * 4
        await endpoint_at(rig, there, events=["line"])
        meeting_id = await make_meeting(rig.bus)
        async with clerks(redis_url, **QUICK):
            await say(rig.bus, meeting_id, "word")
            (failed,) = await until_state(rig, "failed", 1)
            assert failed["reason"] == "4 tries failed; the last: refused (500)"
            where, headers = f"/webhooks/deliveries/{failed['id']}/replay", {"Idempotency-Key": "again"}
            again = await rig.client.post(where, headers=headers)
            assert (again.status, (await again.json())["state"]) == (202, "pending")
            await until_state(rig, "delivered", 1)
            repeated = await rig.client.post(where, headers=headers)
            assert (repeated.status, (await repeated.json())["state"]) == (202, "delivered")
        assert there.ids == [failed["id"]] * 5

    async def test_one_that_is_down_holds_up_no_other(self, rig, there, redis_url):
        async with receiver() as down:
            down.answers = [500] * 50
            await endpoint_at(rig, down, events=["line"])
            await endpoint_at(rig, there, events=["line"])
            meeting_id = await make_meeting(rig.bus)
            async with clerks(redis_url, delays_ms=(60_000,)):
                await say(rig.bus, meeting_id, *["word"] * 10)
                await until_calls(there, 10)
        assert len(set(there.ids)) == 10

    async def test_one_that_hangs_holds_up_no_other(self, rig, there, redis_url):
        async with receiver() as hanging:
            hanging.gate = asyncio.Event()
            await endpoint_at(rig, hanging, events=["line"])
            await endpoint_at(rig, there, events=["line"])
            meeting_id = await make_meeting(rig.bus)
            async with clerks(redis_url):
                await say(rig.bus, meeting_id, *["word"] * 12)
                async with asyncio.timeout(1.5):
                    await until_calls(there, 12)
            assert len(hanging.calls) <= 2

    async def test_410_disables_with_a_reason_that_can_be_seen(self, rig, there, redis_url):
        there.answers = [410]
        await endpoint_at(rig, there, events=["line"])
        meeting_id = await make_meeting(rig.bus)
        async with clerks(redis_url, **QUICK):
            await say(rig.bus, meeting_id, "word")
            await until_state(rig, "failed", 1)
            await say(rig.bus, meeting_id, "more", first=2)
            held = await until_state(rig, "failed", 2)
        (off,) = await endpoints(rig)
        assert (off["enabled"], off["disabled_reason"]) == (False, "the receiver said 410 Gone")
        assert held[0]["reason"] == "the endpoint is disabled: the receiver said 410 Gone"
        assert len(there.calls) == 1

    async def test_long_failure_disables_and_enabling_lets_what_waited_be_replayed(self, rig, there, redis_url):
        there.answers = [503] * 2
        made = await endpoint_at(rig, there, events=["line"])
        await Endpoints(rig.bus.redis, "default").note_failure(made["id"], CLOCK.now_ms() - 73 * 3600_000)
        meeting_id = await make_meeting(rig.bus)
        async with clerks(redis_url, **QUICK):
            await say(rig.bus, meeting_id, "word")
            (failed,) = await until_state(rig, "failed", 1)
            (off,) = await endpoints(rig)
            assert off["disabled_reason"] == "it has taken nothing for 73 h; the last try: refused (503)"
            there.answers = []
            await rig.client.post(f"/webhooks/endpoints/{made['id']}/enable")
            await rig.client.post(f"/webhooks/deliveries/{failed['id']}/replay")
            await until_state(rig, "delivered", 1)

    async def test_success_ends_a_failure(self, rig, there, redis_url):
        there.answers = [500]
        await endpoint_at(rig, there, events=["line"])
        meeting_id = await make_meeting(rig.bus)
        async with clerks(redis_url, **QUICK):
            await say(rig.bus, meeting_id, "word")
            await until_state(rig, "delivered", 1)
        assert (await endpoints(rig))[0]["failing_since"] is None

    async def test_what_waits_for_a_removed_endpoint_is_given_up(self, rig, there, redis_url):
        there.answers = [500] * 9
        made = await endpoint_at(rig, there, events=["line"])
        meeting_id = await make_meeting(rig.bus)
        async with clerks(redis_url, delays_ms=(300,)):
            await say(rig.bus, meeting_id, "word")
            await until_calls(there, 1)
            await rig.client.delete(f"/webhooks/endpoints/{made['id']}")
            (failed,) = await until_state(rig, "failed", 1)
        assert failed["reason"] == "the endpoint was deleted"


class TestDying:
    async def test_who_comes_after_a_crash_sends_what_was_under_way_under_its_id(self, rig, there, redis_url):
        there.gate = asyncio.Event()
        await endpoint_at(rig, there, events=["line"])
        meeting_id = await make_meeting(rig.bus)
        async with clerks(redis_url):
            await say(rig.bus, meeting_id, "word")
            await until_calls(there, 1)
        await say(rig.bus, meeting_id, "meanwhile", first=2)
        there.gate.set()
        async with clerks(redis_url):
            await until_state(rig, "delivered", 2)
        assert len(there.calls) == 3
        assert len(set(there.ids)) == 2
        assert there.ids.count(there.ids[0]) == 2

    async def test_retries_go_on_after_a_crash(self, rig, there, redis_url):
        there.answers = [500]
        await endpoint_at(rig, there, events=["line"])
        meeting_id = await make_meeting(rig.bus)
        async with clerks(redis_url, delays_ms=(400,)):
            await say(rig.bus, meeting_id, "word")
            await until_calls(there, 1)
            await eventually(lambda: there.answers == [])
            (waiting,) = await until_state(rig, "pending", 1)
        async with clerks(redis_url, delays_ms=(400,)):
            (done,) = await until_state(rig, "delivered", 1)
        assert done["id"] == waiting["id"]

    async def test_a_settled_meeting_is_worked_for_again_only_for_a_replay(self, rig, there, redis_url):
        await endpoint_at(rig, there, events=["meeting.ended"])
        meeting_id = await make_meeting(rig.bus)
        keys = MeetingKeys(meeting_id)
        async with clerks(redis_url, patience_ms=0, look_every_s=0.05) as worker:
            await end_meeting(rig.bus, meeting_id)
            (done,) = await until_state(rig, "delivered", 1)
            await eventually(lambda: worker.load == 0)
            assert await rig.bus.redis.hget(keys.state, SETTLED) == b"1"
            await rig.client.post(f"/webhooks/deliveries/{done['id']}/replay")
            await until_calls(there, 2)
            await eventually(lambda: worker.load == 0)
        assert there.ids == [done["id"]] * 2

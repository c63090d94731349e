"""Liveness, readiness by name and since when, and metrics."""

import pytest
from fakeredis import FakeAsyncRedis

from gateway.readiness import ROLES, Watchman, judged
from shared.bus import Bus
from shared.clock import ManualClock
from shared.heartbeat import Heartbeat, beat
from shared.streams import ShardKeys


def alive(now: int, **fields: object) -> Heartbeat:
    return Heartbeat(**{"at": now, "ready": True, **fields})


class TestWatchman:
    @pytest.fixture
    def clock(self):
        return ManualClock()

    @pytest.fixture
    def redis(self):
        return FakeAsyncRedis(legacy_responses=False)

    async def all_beat(self, redis, clock, *but):
        for role in ROLES:
            if role not in but:
                await beat(redis, role, "one", alive(clock.now_ms()))

    async def test_everything_alive_is_ready(self, redis, clock):
        await self.all_beat(redis, clock)
        readiness = await Watchman(Bus(redis), clock).look()
        assert readiness.ready
        assert list(readiness.dependencies) == ["redis", "ingest", "transcriber", "brain", "speaker"]
        assert all(one.ready and one.workers == 1 and one.since is None for one in readiness.dependencies.values())

    async def test_role_without_worker_is_named_with_the_remedy(self, redis, clock):
        await self.all_beat(redis, clock, "speaker")
        readiness = await Watchman(Bus(redis), clock).look()
        assert not readiness.ready
        assert "python -m speaker" in readiness.dependencies["speaker"].problems[0]
        assert readiness.dependencies["brain"].ready

    async def test_heartbeat_older_than_three_seconds_is_dead(self, redis, clock):
        await self.all_beat(redis, clock)
        clock.advance(3001)
        assert not (await Watchman(Bus(redis), clock).look()).dependencies["ingest"].ready

    async def test_since_is_when_it_was_first_seen_wrong_until_it_is_well(self, redis, clock):
        watchman = Watchman(Bus(redis), clock)
        first = (await watchman.look()).dependencies["brain"].since
        clock.advance(5000)
        assert (await watchman.look()).dependencies["brain"].since == first == clock.now_ms() - 5000
        await self.all_beat(redis, clock)
        assert (await watchman.look()).dependencies["brain"].since is None
        clock.advance(9000)
        assert (await watchman.look()).dependencies["brain"].since == clock.now_ms()


class TestRole:
    def test_one_worker_that_is_well_is_enough(self):
        beats = {"a": alive(0, ready=False, problems=["model: slow"]), "b": alive(0)}
        assert judged("brain", beats, 0).problems == []

    def test_one_that_has_fallen_silent_is_named_beside_those_that_are_well(self):
        found = judged("brain", {"a": alive(0), "b": alive(9_000)}, 9_000)
        assert (found.problems, found.concerns, found.workers) == ([], ["a has said nothing for 9 s"], 1)

    def test_problems_of_all_are_named_when_none_is_well(self):
        beats = {name: alive(0, ready=False, problems=[f"model: {name}"]) for name in "ab"}
        assert judged("brain", beats, 0).problems == ["model: a", "model: b"]

    def test_worker_that_does_not_say_why_is_not_ready_either(self):
        problems = judged("brain", {"a": alive(0, ready=False)}, 0).problems
        assert problems


class TestRoutes:
    async def test_ready_without_workers_is_503(self, fake_rig):
        response = await fake_rig.client.get("/ready")
        body = await response.json()
        assert (response.status, body["ready"], body["dependencies"]["redis"]["ready"]) == (503, False, True)

    async def test_ready_names_redis_when_it_is_gone(self, mortal_valkey, rig_on_url):
        async with rig_on_url(mortal_valkey.url) as rig:
            mortal_valkey.stop()
            response = await rig.client.get("/ready")
            problems = (await response.json())["dependencies"]["redis"]["problems"]
        assert (response.status, "REDIS_URL" in problems[0]) == (503, True)

    async def test_health_answers_with_how_late_the_loop_is(self, fake_rig):
        response = await fake_rig.client.get("/health")
        body = await response.json()
        assert (response.status, body["alive"], body["loop_late_ms"] < 10_000) == (200, True, True)

    async def test_metrics_count_requests_by_pattern_not_by_path(self, fake_rig):
        await fake_rig.client.get(f"/meetings/m-07-{'0' * 20}/status")
        response = await fake_rig.client.get("/metrics")
        text = await response.text()
        assert 'route="/meetings/{meeting_id}/status",status="404"' in text
        assert "m-07-0000" not in text

    async def test_metrics_count_what_was_given_up_on_in_every_shard(self, rig):
        for shard in (0, 63):
            await rig.bus.redis.xadd(ShardKeys(shard).dead, {"reason": "r"})
        text = await (await rig.client.get("/metrics")).text()
        assert "chimein_dead_letters 2.0" in text

    async def test_metrics_do_not_claim_a_number_while_redis_is_gone(self, mortal_valkey, rig_on_url):
        async with rig_on_url(mortal_valkey.url) as rig:
            mortal_valkey.stop()
            text = await (await rig.client.get("/metrics")).text()
        assert "chimein_dead_letters NaN" in text

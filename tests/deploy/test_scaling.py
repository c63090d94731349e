"""A day of meetings, on the chart's own rules, the autoscaler's algorithm and the placement that the workers use.

Load rises and falls, the number of workers follows, and no meeting is ever left alone for long. Time is made up.
"""

import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

pytest.importorskip("helm_python", reason="make shipping brings it")

from autoscaler import SYNC_S, Autoscaler, Rule, Trigger, rule_of
from deploying import of_kind, rendered

from shared.leases import LEASE_MS
from shared.placement import Peer, limit_of, to_hand_over, to_take
from shared.streams import SHARDS

pytestmark = pytest.mark.shipping
SEED = 7
START_S = 40
"""From the decision to a worker that takes shards: a node is there, the image too."""
KEEPS_UP_WITH = 55
"""Meetings that one transcriber can hear at the speed at which they are said."""
HOUR = 3600


@dataclass
class Worker:
    """One transcriber: the shards that it owns, and how far its words are behind."""

    ready_at_s: float
    shards: set[int] = field(default_factory=set)
    behind_s: float = 0.0
    is_leaving: bool = False


class Deployment:
    """Meetings in shards, shards at workers, one second after the other."""

    def __init__(self, rule: Rule) -> None:
        self.scaler, self.chance = Autoscaler(rule), random.Random(SEED)
        self.workers = {f"w{n}": Worker(0) for n in range(rule.least)}
        self.meetings = [0] * SHARDS
        self.alone_s = [0] * SHARDS
        self.longest_alone_s = self.longest_behind_s = 0.0
        self.made = rule.least
        self.leased, self.leased_s = set[int](), 0
        """Of one that died."""
        self.history: list[tuple[int, int, int]] = []
        """Second, meetings, workers."""

    def run(self, load: Callable[[int], int], seconds: int) -> None:
        for now in range(seconds):
            self._go_on(load(now))
            self._place(now)
            self._hear()
            if now % SYNC_S == 0:
                self._scale(now)
            self.history.append((now, sum(self.meetings), len(self._staying())))

    def kill(self, name: str) -> None:
        """Nobody can take its shards until its leases have run out."""
        self.leased = self.workers.pop(name).shards
        self.leased_s = math.ceil(LEASE_MS / 1000)

    def _go_on(self, wanted: int) -> None:
        """A new meeting goes to the less busy of two shards; any meeting may be the next to end."""
        while sum(self.meetings) < wanted:
            self.meetings[min(self.chance.sample(range(SHARDS), 2), key=self.meetings.__getitem__)] += 1
        while sum(self.meetings) > wanted:
            shard = self.chance.choice([n for n, count in enumerate(self.meetings) if count])
            self.meetings[shard] -= 1

    def _staying(self) -> list[str]:
        return [name for name, worker in self.workers.items() if not worker.is_leaving]

    def _load(self, worker: Worker) -> int:
        return sum(self.meetings[shard] for shard in worker.shards)

    def _place(self, now: int) -> None:
        """As each worker decides for itself, by the same functions."""
        able = {name: one for name, one in self.workers.items() if one.ready_at_s <= now and not one.is_leaving}
        self.leased_s = max(0, self.leased_s - 1)
        leased = self.leased if self.leased_s else set()
        owned = leased.union(*(one.shards for one in self.workers.values()))
        for one in able.values():
            free = {shard: self.meetings[shard] for shard in range(SHARDS) if shard not in owned}
            taken = set(to_take(one.shards, free, limit_of(len(able)), self.chance))
            one.shards |= taken
            owned |= taken
        for name, one in list(self.workers.items()):
            peers = {other: Peer(len(its.shards), self._load(its)) for other, its in able.items() if other != name}
            own = {shard: self.meetings[shard] for shard in one.shards}
            for shard, heir in to_hand_over(own, peers, is_leaving=one.is_leaving).items():
                one.shards.discard(shard)
                self.workers[heir].shards.add(shard)
            if one.is_leaving and not one.shards:
                del self.workers[name]

    def _hear(self) -> None:
        """Who has more than it can hear falls behind; who has less catches up."""
        for worker in self.workers.values():
            worker.behind_s = max(0.0, worker.behind_s + self._load(worker) / KEEPS_UP_WITH - 1)
            self.longest_behind_s = max(self.longest_behind_s, worker.behind_s)
        owned = set[int]().union(*(one.shards for one in self.workers.values()))
        for shard in range(SHARDS):
            self.alone_s[shard] = self.alone_s[shard] + 1 if shard not in owned and self.meetings[shard] else 0
        self.longest_alone_s = max(self.longest_alone_s, *self.alone_s)

    def _scale(self, now: int) -> None:
        """What Prometheus would say of the workers, and what is done about it."""
        staying = self._staying()
        ages = [self.workers[name].behind_s for name in staying]
        metrics = {
            "meetings": float(sum(self._load(worker) for worker in self.workers.values())),
            "queue-age": max(ages, default=0.0),
        }
        wanted = self.scaler.decide(metrics, len(staying), now)
        for name in sorted(staying, key=lambda name: -self.workers[name].ready_at_s)[: max(0, len(staying) - wanted)]:
            self.workers[name].is_leaving = True
        for _ in range(wanted - len(staying)):
            self.workers[f"w{self.made}"] = Worker(now + START_S)
            self.made += 1


def chart_rule(role: str = "transcriber") -> Rule:
    return rule_of(of_kind(rendered(autoscaling={"enabled": True}), "ScaledObject")[role])


def working_day(now: int) -> int:
    """Few at night, a steep morning, a dip at noon, and home. Everybody joins within two minutes of the full hour."""
    hours = [4, 4, 30, 220, 320, 180, 90, 260, 300, 120, 10, 4, 4]
    hour, since_s = divmod(now, HOUR)
    before, after = hours[min(hour, 11)], hours[min(hour, 11) + 1]
    return round(before + (after - before) * min(1, since_s / 120))


@pytest.fixture(scope="module")
def day() -> Deployment:
    deployment = Deployment(chart_rule())
    deployment.run(working_day, 12 * HOUR)
    return deployment


def test_workers_follow_the_load_up_and_down(day: Deployment) -> None:
    rule, (meetings, _) = chart_rule(), chart_rule().triggers
    settled = {hour: day.history[(hour + 1) * HOUR - 1] for hour in range(12)}
    for hour, (_, load, workers) in settled.items():
        fair = max(rule.least, -(-load // int(meetings.target)))
        assert fair - 1 <= workers <= fair + 1, f"hour {hour}: {workers} workers for {load} meetings"
    assert max(workers for _, _, workers in day.history) == 8
    assert day.history[-1][2] == rule.least


def test_no_meeting_is_left_alone(day: Deployment) -> None:
    assert day.longest_alone_s == 0


def test_nothing_waits_for_longer_than_the_rule_allows(day: Deployment) -> None:
    (_, queue_age) = chart_rule().triggers
    assert 0 < day.longest_behind_s < queue_age.target


def test_a_rush_within_one_second_is_caught_up_with() -> None:
    """More workers than the load asks for help to catch up, and go again."""
    deployment = Deployment(chart_rule())
    deployment.run(lambda now: 30 if now < 60 else 220, HOUR)
    assert deployment.longest_behind_s < 60
    assert max(worker.behind_s for worker in deployment.workers.values()) == 0
    assert max(workers for _, _, workers in deployment.history) <= chart_rule().most
    assert deployment.history[-1][2] == 6


def test_workers_do_not_come_and_go(day: Deployment) -> None:
    """A decision the other way within five minutes would be one too many."""
    changes = day.scaler.changes
    turns = [
        later - sooner for (sooner, step), (later, next_step) in itertools.pairwise(changes) if step * next_step < 0
    ]
    assert all(gap >= 300 for gap in turns), turns
    assert len(changes) < 30


def test_a_worker_that_dies_is_replaced_and_its_meetings_are_taken_over() -> None:
    deployment = Deployment(chart_rule())
    deployment.run(lambda _: 160, HOUR)
    deployment.kill(deployment._staying()[0])
    deployment.run(lambda _: 160, HOUR)
    assert 0 < deployment.longest_alone_s <= LEASE_MS / 1000 + 1
    assert len(deployment._staying()) == 4


def test_who_is_slow_gets_help_though_the_number_of_meetings_does_not_ask_for_it() -> None:
    rule = chart_rule()
    (meetings, queue_age) = rule.triggers
    assert meetings.wanted(20, 2) == 1
    assert queue_age.wanted(45, 2) == 6
    assert Autoscaler(rule).decide({"meetings": 20, "queue-age": 45}, 2, 0) == 4


def test_the_autoscaler_is_kubernetes_own() -> None:
    """Its documented properties: tolerance, the greatest of all metrics, limits, a window for scaling down."""
    rule = Rule(least=1, most=9, triggers=(Trigger("m", 10, is_average=True), Trigger("q", 5, is_average=False)))
    assert Autoscaler(rule).decide({"m": 32, "q": 0}, 3, 0) == 3
    assert Autoscaler(rule).decide({"m": 34, "q": 0}, 3, 0) == 4
    assert Autoscaler(rule).decide({"m": 10, "q": 10}, 3, 0) == 6
    assert Autoscaler(rule).decide({"m": 900, "q": 0}, 8, 0) == 9
    scaler = Autoscaler(rule)
    assert scaler.decide({"m": 90, "q": 0}, 9, 0) == 9
    assert [scaler.decide({"m": 10, "q": 0}, 9, at) for at in (60, 299)] == [9, 9]
    assert scaler.decide({"m": 10, "q": 0}, 9, 301) == 8
    assert scaler.decide({"m": 10, "q": 0}, 8, 316) == 8
    assert scaler.decide({"m": 10, "q": 0}, 8, 375) == 7

"""Which shards a worker takes, and which it hands to whom: without Redis."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.placement import SLACK, Peer, limit_of, to_hand_over, to_take
from shared.streams import SHARDS


@pytest.mark.parametrize(("workers", "limit"), [(0, 65), (1, 65), (2, 33), (3, 23), (64, 2), (1000, 2)])
def test_the_limit_is_a_fair_share_and_one(workers: int, limit: int) -> None:
    assert limit_of(workers) == limit


def test_no_more_shards_are_tried_than_the_limit_leaves() -> None:
    assert len(to_take({1, 2}, dict.fromkeys(range(10), 0), 5, random.Random(1))) == 3


def test_shards_that_are_held_are_not_tried() -> None:
    assert set(to_take({0, 1}, dict.fromkeys(range(3), 0), 64, random.Random(1))) == {2}


def test_nothing_is_tried_at_the_limit() -> None:
    assert to_take({0, 1}, {2: 0, 3: 0}, 2, random.Random(1)) == []


def test_shards_with_meetings_are_tried_first() -> None:
    assert set(to_take({}, {n: n % 2 for n in range(10)}, 5, random.Random(1))) == {1, 3, 5, 7, 9}


def test_who_is_alone_keeps_all() -> None:
    assert to_hand_over(dict.fromkeys(range(SHARDS), 1), {}, is_leaving=True) == {}


def test_idle_shards_above_the_limit_go_to_a_newcomer() -> None:
    heirs = to_hand_over(dict.fromkeys(range(SHARDS), 0), {"new": Peer(0, 0)})
    assert len(heirs) == SHARDS - limit_of(2)
    assert set(heirs.values()) == {"new"}


def test_a_newcomer_gets_half_of_the_meetings_too() -> None:
    own = {shard: int(shard < 20) for shard in range(SHARDS)}
    heirs = to_hand_over(own, {"new": Peer(0, 0)})
    assert sum(own[shard] for shard in heirs) == 10


def test_a_small_difference_moves_nothing() -> None:
    own = {shard: int(shard < 5 + SLACK) for shard in range(32)}
    assert to_hand_over(own, {"other": Peer(32, 5)}) == {}


def test_one_crowded_shard_is_not_carried_to_and_fro() -> None:
    own = {0: 9, **dict.fromkeys(range(1, 32), 0)}
    assert to_hand_over(own, {"other": Peer(32, 0)}) == {}


def test_what_is_full_already_is_given_no_idle_shards() -> None:
    assert to_hand_over(dict.fromkeys(range(40), 0), {"full": Peer(33, 0)}) == {}


def test_who_leaves_hands_everything_to_who_has_least() -> None:
    own = {1: 3, 2: 1, 3: 1, 4: 0}
    heirs = to_hand_over(own, {"a": Peer(30, 0), "b": Peer(30, 1)}, is_leaving=True)
    assert set(heirs) == set(own)
    loads = Counter({"a": 0, "b": 1})
    for shard, heir in heirs.items():
        loads[heir] += own[shard]
    assert loads == {"a": 3, "b": 3}


@given(
    own=st.dictionaries(st.integers(0, SHARDS - 1), st.integers(0, 5), min_size=1),
    others=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 60)), min_size=1, max_size=5),
)
def test_a_move_never_makes_it_worse(own: dict[int, int], others: list[tuple[int, int]]) -> None:
    """Nobody ends up with more meetings than the one who had the most, and what is not moved has no heir."""
    peers = {f"w{n}": Peer(*one) for n, one in enumerate(others)}
    heirs = to_hand_over(own, peers)
    assert set(heirs) <= set(own)
    most = max(sum(own.values()), *(peer.load for peer in peers.values()))
    loads = Counter({name: peer.load for name, peer in peers.items()})
    for shard, heir in heirs.items():
        loads[heir] += own[shard]
    assert max(loads.values()) <= most


@given(st.lists(st.integers(0, 4), min_size=SHARDS, max_size=SHARDS), st.integers(1, 4))
def test_balance_comes_to_rest(meetings: list[int], newcomers: int) -> None:
    """Workers that come are given their share, and then nothing moves any more."""
    workers: dict[str, dict[int, int]] = {"old": dict(enumerate(meetings))}
    workers |= {f"new{n}": {} for n in range(newcomers)}
    for _ in range(20):
        moved = False
        for name, own in workers.items():
            peers = {other: Peer(len(its), sum(its.values())) for other, its in workers.items() if other != name}
            for shard, heir in to_hand_over(own, peers).items():
                workers[heir][shard] = own.pop(shard)
                moved = True
        if not moved:
            break
    assert not moved
    loads = [sum(own.values()) for own in workers.values()]
    assert max(loads) - min(loads) <= SLACK + 2 * max(meetings) + 1

"""Which worker should own which shards: what to take, and what to hand over to whom. Pure.

A shard weighs as much as it has meetings going on. Moves cost a second each, so none is made for less than they gain.
"""

import math
import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from shared.streams import SHARDS

SLACK = 2
"""Meetings that a worker may have more than its fair share."""


class Burdened(Protocol):
    """Another worker of the role that can be handed something."""

    @property
    def shards(self) -> int: ...
    @property
    def load(self) -> int:
        """Meetings."""
        ...


@dataclass
class Peer:
    """What it has by then."""

    shards: int
    load: int


def limit_of(workers: int, shards: int = SHARDS) -> int:
    """How many shards one of so many workers takes."""
    return math.ceil(shards / max(workers, 1)) + 1


def to_take(held: Collection[int], free: Mapping[int, int], limit: int, chance: random.Random) -> list[int]:
    """Free shards to try, those with meetings first, else in random order: two workers seldom want the same."""
    wanted = sorted(set(free) - set(held))
    chance.shuffle(wanted)
    wanted.sort(key=lambda shard: free[shard] == 0)
    return wanted[: max(limit - len(set(held)), 0)]


def to_hand_over(own: Mapping[int, int], peers: Mapping[str, Burdened], *, is_leaving: bool = False) -> dict[int, str]:
    """The heir of each shard that is to go; `own` is the load of each shard held.

    Who leaves hands everything over. Else: idle ones above the limit, and meetings, while somebody else has so few that
    the difference shrinks. The limit is for idle ones only, or the two rules would send shards to and fro.
    """
    if not peers:
        return {}
    if is_leaving:
        return handed(sorted(own, key=lambda shard: (-own[shard], shard)), own, peers)
    extra = to_thin_out(own, peers)
    return handed([*extra, *to_even_out(own, extra, peers)], own, peers)


def to_thin_out(own: Mapping[int, int], peers: Mapping[str, Burdened]) -> list[int]:
    """Idle shards above the limit, as far as others have room below it."""
    limit = limit_of(len(peers) + 1)
    if len(own) <= limit:
        return []
    room = sum(max(limit - peer.shards, 0) for peer in peers.values())
    return sorted(shard for shard in own if not own[shard])[: min(len(own) - limit, room)]


def to_even_out(own: Mapping[int, int], going: Collection[int], peers: Mapping[str, Burdened]) -> list[int]:
    """Shards with meetings, until the load here is fair; the fewest that do it."""
    load = sum(own.values()) - sum(own[shard] for shard in going)
    fair = math.ceil((load + sum(peer.load for peer in peers.values())) / (len(peers) + 1))
    if load <= fair + SLACK:
        return []
    chosen: list[int] = []
    for shard in sorted(set(own) - set(going), key=lambda shard: (-own[shard], shard)):
        if own[shard] and load - own[shard] >= fair:
            chosen.append(shard)
            load -= own[shard]
    return chosen


def handed(shards: Collection[int], own: Mapping[int, int], peers: Mapping[str, Burdened]) -> dict[int, str]:
    """Each to who has least by then."""
    heirs: dict[int, str] = {}
    if not shards:
        return heirs
    by_then = {name: Peer(peer.shards, peer.load) for name, peer in peers.items()}
    for shard in shards:
        heir = min(by_then, key=lambda name: (by_then[name].load, by_then[name].shards, name))
        if not own[shard]:
            heir = min(by_then, key=lambda name: (by_then[name].shards, name))
        by_then[heir].load += own[shard]
        by_then[heir].shards += 1
        heirs[shard] = heir
    return heirs

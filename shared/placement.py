"""Which worker should own which shards: what to take, and what to hand over to whom. Pure.

A shard weighs as much as it has meetings going on. Moves cost a second each, so none is made for less than they gain.
"""

import math
import random
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from shared.streams import SHARDS

SLACK = 2
"""Meetings that a worker may have more than its fair share."""


@dataclass
class Peer:
    """Another worker of the role that can be handed something."""

    shards: int
    load: int
    """Meetings."""


def limit_of(workers: int, shards: int = SHARDS) -> int:
    """How many shards one of so many workers takes."""
    return math.ceil(shards / max(workers, 1)) + 1


def to_take(held: Collection[int], free: Mapping[int, int], limit: int, chance: random.Random) -> list[int]:
    """Free shards to try, those with meetings first, else in random order: two workers seldom want the same."""
    wanted = sorted(set(free) - set(held))
    chance.shuffle(wanted)
    wanted.sort(key=lambda shard: free[shard] == 0)
    return wanted[: max(limit - len(set(held)), 0)]


def to_hand_over(own: Mapping[int, int], peers: Mapping[str, Peer], *, is_leaving: bool = False) -> dict[int, str]:
    """The heir of each shard that is to go; `own` is the load of each shard held.

    Who leaves hands everything over. Else: idle ones above the limit, and meetings, while somebody else has so few that
    the difference shrinks. The limit is for idle ones only, or the two rules would send shards to and fro.
    """
    rest = {name: Peer(peer.shards, peer.load) for name, peer in peers.items()}
    if not rest:
        return {}
    if is_leaving:
        return handed(sorted(own, key=lambda shard: (-own[shard], shard)), own, rest)
    limit = limit_of(len(rest) + 1)
    idle = sorted(shard for shard in own if not own[shard])
    room = sum(max(limit - peer.shards, 0) for peer in rest.values())
    extra = idle[: min(max(len(own) - limit, 0), room)]
    return handed(extra, own, rest) | handed(to_even_out(own, extra, rest), own, rest)


def to_even_out(own: Mapping[int, int], going: Collection[int], peers: Mapping[str, Peer]) -> list[int]:
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


def handed(shards: Iterable[int], own: Mapping[int, int], peers: Mapping[str, Peer]) -> dict[int, str]:
    """Each to who has least by then."""
    heirs: dict[int, str] = {}
    for shard in shards:
        heir = min(peers, key=lambda name: (peers[name].load, peers[name].shards, name))
        if not own[shard]:
            heir = min(peers, key=lambda name: (peers[name].shards, name))
        peers[heir].load += own[shard]
        peers[heir].shards += 1
        heirs[shard] = heir
    return heirs

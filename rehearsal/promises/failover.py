"""Promise 5: a primary dies while its replica lags behind, and the replica takes over; and a slot moves under load."""

import asyncio
import contextlib
import signal
import time
from dataclasses import dataclass, field
from functools import partial

from rehearsal.promises.rig import Outcome, Rig, until
from rehearsal.promises.stage import Stage, first_final_after, staged
from rehearsal.redis_servers import RedisCluster
from shared.connections import LOST
from shared.streams import SHARDS, MeetingKeys, ShardKeys

FROZEN_S = 0.5
"""The replica, and its line is cut: what the primary acknowledges meanwhile is nowhere else when it dies."""
LIVE_WITHIN_MS = 2_000
"""From the failover to the next final line."""
PROBE_EVERY_S = 0.02
CALM_P99_MS = 100.0
FAILOVER_WITHIN_S = 15.0
WELL_WITHIN_S = 30.0


@dataclass
class Failovers:
    """What they showed."""

    count: int = 0
    took_ms: list[int] = field(default_factory=list)
    """From the death to the first command that the successor took."""
    bereft: list[tuple[int, str]] = field(default_factory=list)
    """When which meetings were served again, Unix ms."""
    stricken: set[int] = field(default_factory=set)
    """The shards that are without a server now."""
    elsewhere_ms: list[float] = field(default_factory=list)
    """How long commands about all other shards took meanwhile."""
    moved_keys: int = 0


async def run(rig: Rig) -> Outcome:
    failures: list[str] = []
    async with staged(rig, workers=2) as stage:
        failovers = Failovers()
        probing = asyncio.create_task(probe(rig, failovers), name="probing")
        failing = asyncio.create_task(fail_over_again_and_again(stage, failovers), name="failing")
        await stage.ask_while(asyncio.create_task(stage.play(), name="play"))
        await failing
        probing.cancel()
        figures = await stage.judge(failures)
        waits = [wait for at, meeting in failovers.bereft if (wait := await first_final_after(stage, at, meeting))]
        forgotten = sum([await rig.count_of(name, "chunks.forgotten") for name in rig.supervisors])
        restored = sum([await rig.count_of(name, "writes.restored") for name in rig.supervisors])
    longest, calm_ms = max(waits, default=0), p99(failovers.elsewhere_ms)
    failures += [f"{longest} ms from a failover to the next final line"] * (longest > LIVE_WITHIN_MS)
    failures += [f"p99 {calm_ms:.0f} ms in other shards"] * (calm_ms > CALM_P99_MS)
    failures += ["no failover was brought about"] * (not failovers.count)
    failures += ["no replica lagged behind: nothing was shown"] * (not forgotten)
    figures |= {
        "failovers": failovers.count,
        "failover_took_ms_max": max(failovers.took_ms, default=0),
        "live_after_failover_ms_max": longest,
        "tracks_of_which_the_cluster_forgot_the_end": forgotten,
        "processes_that_wrote_again": restored,
        "other_shards_p99_ms": round(calm_ms, 1),
        "keys_moved_with_a_slot": failovers.moved_keys,
    }
    return Outcome(5, "failover to a stale replica", figures, failures)


def servers_of(rig: Rig) -> RedisCluster:
    assert rig.cluster
    return rig.cluster


def p99(found: list[float]) -> float:
    return sorted(found)[int(len(found) * 0.99)] if found else 0.0


async def fail_over_again_and_again(stage: Stage, failovers: Failovers) -> None:
    rig = stage.rig
    began = time.monotonic()
    await asyncio.sleep(5)
    failovers.moved_keys = await move_a_slot(stage)
    while failovers.count < rig.load.kills and time.monotonic() - began < rig.load.seconds - 20:
        await fail_over(stage, failovers)
        await until(servers_of(rig).is_well, WELL_WITHIN_S)
        await asyncio.sleep(rig.chance.uniform(1, 3))


async def fail_over(stage: Stage, failovers: Failovers) -> None:
    rig = stage.rig
    cluster = servers_of(rig)
    busy = MeetingKeys(rig.chance.choice(stage.meetings)).state
    (primary, replica), *_ = [pair for pair in await cluster.pairs() if await cluster.serves(pair[0], busy)]
    shards = [shard for shard in range(SHARDS) if await cluster.serves(primary, ShardKeys(shard).tag)]
    replica.signal(signal.SIGSTOP)
    await primary.ask("CLIENT", "KILL", "TYPE", "replica")
    await asyncio.sleep(FROZEN_S)
    failovers.stricken.update(shards)
    primary.signal(signal.SIGKILL)
    died = time.monotonic()
    replica.signal(signal.SIGCONT)
    await until(partial(cluster.serves, replica, ShardKeys(shards[0]).tag), FAILOVER_WITHIN_S)
    failovers.count += 1
    failovers.took_ms.append(round((time.monotonic() - died) * 1000))
    now = round(time.time() * 1000)
    failovers.bereft += [(now, one) for one in stage.meetings if MeetingKeys(one).shard.shard in shards]
    failovers.stricken.difference_update(shards)
    await primary.stop()
    await primary.start()


async def move_a_slot(stage: Stage) -> int:
    """That of a meeting which goes on. Returns how many keys went."""
    return await servers_of(stage.rig).move_slot(MeetingKeys(stage.rig.chance.choice(stage.meetings)).state)


# -- meanwhile, elsewhere -------------------------------------------------------------------------------------------


async def probe(rig: Rig, failovers: Failovers) -> None:
    """How long a command takes about a shard whose server is well, while another's is not."""
    while True:
        shard = rig.chance.randrange(SHARDS)
        await asyncio.sleep(PROBE_EVERY_S)
        if not failovers.stricken or shard in failovers.stricken:
            continue
        began = time.monotonic()
        with contextlib.suppress(*LOST):
            await rig.bus.redis.set(f"{ShardKeys(shard).tag}:probe", "1", px=1000)
        failovers.elsewhere_ms.append((time.monotonic() - began) * 1000)

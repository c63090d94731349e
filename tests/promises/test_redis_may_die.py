"""Promise 3 in short form: Redis is killed under load, and comes back without its last writes."""

import asyncio
import contextlib
import os
import random
import signal
from itertools import pairwise
from pathlib import Path

import pytest
from processes import system
from support import eventually, new_meeting

from cli.embedded_redis import EmbeddedRedis
from rehearsal.fake_bot import FakeBot, Plan
from rehearsal.ledger import check
from shared.bus import Bus, new_bus
from shared.connections import LOST
from shared.events import CODEC, AudioEnded, Event, LineHeard, TranscriptCompleted, new_id

SECONDS, SPEED, KILLS, MEETINGS = 40.0, 2.0, 4, 3
SEED = 20261123


class ForgetfulRedis(EmbeddedRedis):
    """Whenever it is started again, up to 50 kB of its last writes are missing."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        super().__init__(folder)
        self.chance, self.cut = chance, list[int]()

    async def _start(self) -> None:
        for log in sorted((self._folder / "appendonlydir").glob("*.incr.aof"))[-1:]:
            size = log.stat().st_size
            self.cut.append(min(self.chance.randrange(1, 50_000), size // 4))
            os.truncate(log, size - self.cut[-1])
        await super()._start()


async def facts(bus: Bus, meeting_id: str) -> list[Event]:
    with contextlib.suppress(*LOST):
        return [CODEC.decode(entry.fields) for entry in await bus.timeline(meeting_id)]
    return []


async def is_complete(bus: Bus, meeting_id: str) -> bool:
    return any(isinstance(fact, TranscriptCompleted) for fact in await facts(bus, meeting_id))


async def answers(bus: Bus) -> bool:
    with contextlib.suppress(*LOST):
        return bool(await bus.redis.ping())
    return False


async def kill_now_and_then(redis: EmbeddedRedis) -> None:
    for _ in range(KILLS):
        await asyncio.sleep(3.0)
        os.kill(redis.pid, signal.SIGKILL)


@pytest.mark.process
@pytest.mark.timeout(120)
async def test_nothing_is_lost_or_doubled_when_redis_forgets_its_last_writes(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    async with ForgetfulRedis(tmp_path / "redis", chance) as redis:
        bus = new_bus(redis.url)
        meetings = [await new_meeting(bus, shard=n) for n in range(MEETINGS)]
        await asyncio.sleep(1.1)  # the meetings themselves are on disk: the log is synced every second
        with system(redis.url, tmp_path) as chimein:
            workers = [chimein.start("ingest"), chimein.start("transcriber")]
            plan = Plan(seconds=SECONDS, speed=SPEED, redial_s=0.2, blocks_per_frame=5)
            bots = [FakeBot(chimein.socket_url(meeting), n, plan) for n, meeting in enumerate(meetings)]
            killing = asyncio.create_task(kill_now_and_then(redis))
            await asyncio.gather(*(bot.run() for bot in bots))
            await killing
            await eventually(lambda: answers(bus), within_s=5)
            for meeting in meetings:
                ended = AudioEnded(id=new_id(), meeting_id=meeting, at=1, heard_ms=int(SECONDS * 1000))
                await bus.append(meeting, ended)
            for meeting in meetings:
                await eventually(lambda meeting=meeting: is_complete(bus, meeting), within_s=30)
            assert [worker.poll() for worker in workers] == [None, None], "a worker gave up"
        assert len(redis.cut) == KILLS
        for n, meeting in enumerate(meetings):
            lines = [fact.line for fact in await facts(bus, meeting) if isinstance(fact, LineHeard)]
            unheard = holes(bots[n])
            verdict = check(lines, int(SECONDS * 1000), unheard)
            assert verdict.is_clean, f"seed {SEED}, cut {redis.cut}: {verdict}"
            assert not unheard
        await bus.close()


def holes(bot: FakeBot) -> list[range]:
    """What the bot itself never sent, because nobody took its call; in ms."""
    sent = sorted((frame.first_block, frame.first_block + frame.count) for frame in bot.sent)
    return [range(end * 20, start * 20) for (_, end), (start, _) in pairwise(sent) if start > end]

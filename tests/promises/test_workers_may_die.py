"""Promises 1 and 2 in short form: real processes, real signals, numbered audio, nothing lost and nothing doubled."""

import asyncio
import random
import signal
from pathlib import Path

import pytest
from processes import System, system
from support import eventually, facts_of, new_meeting

from rehearsal.fake_bot import FakeBot, Plan
from rehearsal.ledger import check
from shared.bus import Bus
from shared.events import AudioEnded, Line, LineHeard, TranscriptCompleted, new_id

SECONDS, SPEED = 60.0, 4.0
SEED = 20261123


async def lines_of(bus: Bus, meeting_id: str) -> list[Line]:
    return [fact.line for fact in await facts_of(bus, meeting_id) if isinstance(fact, LineHeard)]


async def is_complete(bus: Bus, meeting_id: str) -> bool:
    return any(isinstance(fact, TranscriptCompleted) for fact in await facts_of(bus, meeting_id))


async def hold_meetings(bus: Bus, chimein: System, count: int) -> list[str]:
    """Numbered meetings from their first word to their completed transcripts."""
    meetings = [await new_meeting(bus, shard=n) for n in range(count)]
    plan = Plan(seconds=SECONDS, speed=SPEED, redial_s=0.2, blocks_per_frame=5)
    bots = [FakeBot(chimein.socket_url(meeting), n, plan) for n, meeting in enumerate(meetings)]
    await asyncio.gather(*(bot.run() for bot in bots))
    for meeting in meetings:
        await bus.append(meeting, AudioEnded(id=new_id(), meeting_id=meeting, at=1, heard_ms=int(SECONDS * 1000)))
    for meeting in meetings:
        await eventually(lambda meeting=meeting: is_complete(bus, meeting), within_s=20)
    return meetings


async def kill_now_and_then(chimein: System, chance: random.Random, kills: int) -> None:
    workers = [chimein.start("transcriber"), chimein.start("transcriber")]
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(1.5, 3.0))
        victim = chance.randrange(2)
        workers[victim].send_signal(signal.SIGKILL)
        await asyncio.sleep(chance.uniform(0.0, 1.0))
        workers[victim] = chimein.start("transcriber")


@pytest.mark.process
async def test_transcribers_may_be_killed_at_any_time(bus: Bus, redis_url: str, tmp_path: Path) -> None:
    with system(redis_url, tmp_path) as chimein:
        chimein.start("ingest")
        killing = asyncio.create_task(kill_now_and_then(chimein, random.Random(SEED), kills=4))
        meetings = await hold_meetings(bus, chimein, 4)
        await killing
    for meeting in meetings:
        verdict = check(await lines_of(bus, meeting), int(SECONDS * 1000))
        assert verdict.is_clean, f"seed {SEED}: {verdict}"


@pytest.mark.process
async def test_a_stopped_transcriber_that_wakes_up_changes_nothing(bus: Bus, redis_url: str, tmp_path: Path) -> None:
    with system(redis_url, tmp_path) as chimein:
        chimein.start("ingest")
        zombie = chimein.start("transcriber")
        heir_comes = asyncio.create_task(stop_and_wake(chimein, zombie))
        meetings = await hold_meetings(bus, chimein, 4)
        await heir_comes
        assert zombie.poll() is None
        assert "shard.lost" in chimein.log_of(zombie, "transcriber")
    for meeting in meetings:
        verdict = check(await lines_of(bus, meeting), int(SECONDS * 1000))
        assert verdict.is_clean, str(verdict)


async def stop_and_wake(chimein: System, zombie: object) -> None:
    """Stopped for longer than three leases while another takes over, then awake again in the middle of the meetings."""
    await asyncio.sleep(3.0)
    zombie.send_signal(signal.SIGSTOP)
    chimein.start("transcriber")
    await asyncio.sleep(7.5)
    zombie.send_signal(signal.SIGCONT)

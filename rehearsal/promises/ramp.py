"""More and more meetings until they are refused; and whether those that were let in lost anything."""

import asyncio
import itertools
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import aiohttp

from rehearsal.fake_bot import FakeBot, Plan
from rehearsal.ledger import check
from rehearsal.numbered_links import link_of
from rehearsal.promises.rig import persistently, until
from rehearsal.promises.stage import BLOCKS_PER_FRAME, Stage
from shared.bus import entries_of
from shared.events import AudioEnded, LineHeard, new_id
from shared.numbered_pcm import BLOCK_MS
from shared.streams import CHUNK_MS, MIXED, MeetingKeys, source_ms_of

if TYPE_CHECKING:
    from rehearsal.promises.load import Watched

FIRST = 300
"""Number of the first meeting: links of their own."""
MOST = 700
HOLD_S = 2.0
BROKEN_S = 0.05
ENDLESS_S = 3600.0


@dataclass
class Joined:
    """A meeting that was let in, and the bot that talks in it."""

    meeting: str
    bot: FakeBot
    task: asyncio.Task[None]


async def climb(stage: Stage, watched: "Watched", failures: list[str], *, step: int) -> dict[str, float | int | str]:
    """By so many at a time. The ramp has to end with refusals that say when to come back."""
    there: list[Joined] = []
    holds, refusal = 0, ""
    for number in itertools.count(FIRST):
        answer = await join(stage, number)
        if isinstance(answer, str):
            there.append(await begin(stage, answer, number))
        if len(there) % step == 0 or not isinstance(answer, str):
            await watched.look(stage)
            watched.begin_anew()
            await asyncio.sleep(HOLD_S)
            await watched.look(stage)
            holds = len(there) if watched.log.quantile(0.99) <= BROKEN_S else holds
        if not isinstance(answer, str):
            refusal = f"{answer.status} after {answer.headers.get('Retry-After', 'no Retry-After')} s"
            failures += [f"a meeting too many got {answer.status}"] * (answer.status != 503)
            failures += ["a refusal did not say when to come back"] * ("Retry-After" not in answer.headers)
            break
        if len(there) >= MOST:
            failures.append(f"{MOST} meetings, and nobody was refused")
            break
    lost_ms = await finish(stage, there, failures)
    return {"ramp_meetings": len(there), "ramp_holds": holds, "ramp_refusal": refusal, "ramp_lost_ms": lost_ms}


async def join(stage: Stage, number: int) -> "str | aiohttp.ClientResponse":
    """The meeting, or the refusal."""
    async with stage.http.post("/meetings/join", json={"meeting_url": link_of(number)}) as reply:
        return str((await reply.json())["meeting_id"]) if reply.status < 300 else reply


async def begin(stage: Stage, meeting: str, number: int) -> Joined:
    plan = Plan(seconds=ENDLESS_S, blocks_per_frame=BLOCKS_PER_FRAME)
    bot = FakeBot(await stage.socket_url(stage.sockets[0], meeting), number, plan)
    return Joined(meeting, bot, asyncio.create_task(bot.run(), name="bot"))


async def finish(stage: Stage, there: list[Joined], failures: list[str]) -> int:
    """The bots stop where they are; every word until there must be in the transcript. Returns the ms that are not."""
    for one in there:
        one.bot.total_blocks = one.bot.next_block
    await asyncio.gather(*(one.task for one in there))
    for one in there:
        heard_ms = one.bot.next_block * BLOCK_MS
        await until(partial(is_in_log, stage, one.meeting, heard_ms), 60)
        ended = AudioEnded(id=new_id(), meeting_id=one.meeting, at=1, heard_ms=heard_ms)
        await persistently(partial(stage.rig.bus.append, one.meeting, ended))
    lost_ms = 0
    for one in there:
        await until(partial(stage.rig.is_complete, one.meeting), 120)
        lines = [fact.line for fact in await stage.rig.facts(one.meeting) if isinstance(fact, LineHeard)]
        verdict = check(lines, one.bot.next_block * BLOCK_MS)
        lost_ms += verdict.lost_ms
        failures += [f"{one.meeting}, which was let in: {verdict}"] * (not verdict.is_clean)
    return lost_ms


async def is_in_log(stage: Stage, meeting: str, until_ms: int) -> bool:
    """All that was sent: as ingest knows it when the platform says that the meeting has ended."""
    found = entries_of(await stage.rig.bus.redis.xrevrange(MeetingKeys(meeting).audio(MIXED), count=1))
    return bool(found) and source_ms_of(found[0].id) + CHUNK_MS >= until_ms

"""Promise 12: nothing unread is trimmed. No transcriber is there for minutes; then Redis is full for a while; then more
sound has come than the cap allows."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from rehearsal.fake_bot import FakeBot, Plan
from rehearsal.promises.rig import COMPLETE_WITHIN_S, Outcome, Rig, persistently, until
from rehearsal.promises.stage import BLOCKS_PER_FRAME, Stage, staged
from shared.events import AudioEnded, GapFound, new_id
from shared.streams import AUDIO_CAP_MS, MIXED, TRANSCRIBER, MeetingKeys

SPEED = 6.0
"""Sound of ten minutes comes in less than two."""
BELOW, ABOVE = 0.9, 1.1
"""Parts of the cap."""
SOUND_BYTES_PER_S = 32_000
MOST_BYTES_PER_S = 1.2 * 1.1 * SOUND_BYTES_PER_S
FULL_S = 4.0
SETTLED_MS = 2_000
"""Of the end of the dropped sound, either way: chunks, and words of 200 ms."""


async def run(rig: Rig) -> Outcome:
    failures: list[str] = []
    cap_s = AUDIO_CAP_MS / 1000
    async with staged(rig, workers=2) as stage:
        await stop_transcribers(rig)
        half = len(stage.meetings) // 2
        below, above = stage.meetings[:half], stage.meetings[half:]
        playing = asyncio.create_task(
            play(stage, {**dict.fromkeys(below, BELOW * cap_s), **dict.fromkeys(above, ABOVE * cap_s)})
        )
        await asyncio.sleep(cap_s / SPEED / 3)
        evicted = await fill_up(rig)
        told_red = await sees_red(stage, playing)
        await playing
        per_s = [await bytes_per_s(rig, meeting, BELOW * cap_s) for meeting in below]
        for n in (1, 2):
            await rig.start(TRANSCRIBER, f"{TRANSCRIBER}-{n}", RECALL_BASE_URL=stage.recall.url)
        await end(rig, below, BELOW * cap_s)
        await end(rig, above, ABOVE * cap_s)
        lost_below = [await lost_ms(rig, meeting, BELOW * cap_s, failures, may_drop=False) for meeting in below]
        dropped = [await lost_ms(rig, meeting, ABOVE * cap_s, failures, may_drop=True) for meeting in above]
    shown = Shown(sum(lost_below), dropped, per_s, evicted, is_told=told_red)
    return Outcome(12, "nothing unread is trimmed", shown.figures(len(stage.meetings)), failures + shown.failures())


@dataclass(frozen=True)
class Shown:
    """What the run showed."""

    lost_below_ms: int
    dropped_ms: list[int]
    bytes_per_s: list[float]
    evicted: int
    is_told: bool

    def failures(self) -> list[str]:
        expected_ms = (ABOVE - 1.0) * AUDIO_CAP_MS
        off = [one for one in self.dropped_ms if abs(one - expected_ms) > SETTLED_MS]
        failures = [f"{one} ms dropped, {expected_ms:.0f} expected" for one in off]
        odd = [one for one in self.bytes_per_s if not SOUND_BYTES_PER_S <= one <= MOST_BYTES_PER_S]
        failures += [f"{one:.0f} bytes a second" for one in odd]
        failures += [f"{self.evicted} keys were evicted"] * bool(self.evicted)
        return failures + ["/ready did not tell of the dropped sound"] * (not self.is_told)

    def figures(self, meetings: int) -> dict[str, float | int | str]:
        return {
            "meetings": meetings,
            "seconds_kept": round(BELOW * AUDIO_CAP_MS / 1000),
            "lost_ms_below_the_cap": self.lost_below_ms,
            "redis_bytes_per_s_of_sound": round(sum(self.bytes_per_s) / max(len(self.bytes_per_s), 1)),
            "dropped_ms_above_the_cap_max": max(self.dropped_ms, default=0),
            "keys_evicted_while_full": self.evicted,
            "told_by_ready": "yes" if self.is_told else "no",
        }


async def stop_transcribers(rig: Rig) -> None:
    for n in (1, 2):
        name = f"{TRANSCRIBER}-{n}"
        rig.supervisors[name].children[name].process.terminate()
        await rig.supervisors[name].wait_exit(name)


async def play(stage: Stage, seconds: dict[str, float]) -> None:
    bots = []
    for n, (meeting, length_s) in enumerate(seconds.items()):
        plan = Plan(seconds=length_s, speed=SPEED, redial_s=0.5, blocks_per_frame=BLOCKS_PER_FRAME)
        bots.append(FakeBot(await stage.socket_url(stage.sockets[0], meeting), n, plan))
    await asyncio.gather(*(bot.run() for bot in bots))


async def fill_up(rig: Rig) -> int:
    """Redis takes no more for a while. Returns how many keys it threw away."""
    used = int((await rig.bus.redis.info("memory"))["used_memory"])
    await rig.bus.redis.config_set("maxmemory", str(used))
    await asyncio.sleep(FULL_S)
    await rig.bus.redis.config_set("maxmemory", "0")
    return int((await rig.bus.redis.info("stats"))["evicted_keys"])


async def sees_red(stage: Stage, playing: asyncio.Task[None]) -> bool:
    """Whether /ready says, before the bots have ended, that sound is dropped."""
    while not playing.done():
        async with stage.http.get("/ready") as reply:
            if reply.status == 503 and "dropped" in await reply.text():
                return True
        await asyncio.sleep(0.5)
    return False


async def bytes_per_s(rig: Rig, meeting: str, seconds: float) -> float:
    return int(await rig.bus.redis.memory_usage(MeetingKeys(meeting).audio(MIXED), samples=0) or 0) / seconds


async def end(rig: Rig, meetings: Sequence[str], seconds: float) -> None:
    for meeting in meetings:
        ended = AudioEnded(id=new_id(), meeting_id=meeting, at=1, heard_ms=round(seconds * 1000))
        await persistently(partial(rig.bus.append, meeting, ended))
    for meeting in meetings:
        await until(partial(rig.is_complete, meeting), COMPLETE_WITHIN_S)


async def lost_ms(rig: Rig, meeting: str, seconds: float, failures: list[str], *, may_drop: bool) -> int:
    """Outside of what the transcript tells of; and how long that is, where sound may have been dropped."""
    gaps, verdict = await rig.gaps(meeting), await rig.check(meeting, None, seconds)
    told = sum(len(gap) for gap in gaps)
    causes = {fact.cause for fact in await rig.facts(meeting) if isinstance(fact, GapFound)}
    outside = (await rig.check(meeting, gaps, seconds)).lost_ms
    failures += [f"{meeting}: {verdict}"] * bool(
        verdict.doubled or verdict.misplaced or (verdict.lost and not may_drop)
    )
    failures += [f"{meeting}: {outside} ms lost beside the gaps {gaps}"] * (may_drop and outside > 0)
    failures += [f"{meeting}: gaps because {causes}"] * any("no transcriber" not in cause for cause in causes)
    return told if may_drop else verdict.lost_ms

"""Promise 10: poison stays alone. Bad entries of a dozen kinds in every stream, healthy meetings beside."""

import asyncio
import contextlib
import statistics
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

import msgspec
import redis.exceptions

from rehearsal.promises.rig import Outcome, Rig, pids_of, until
from rehearsal.promises.stage import Stage, staged
from shared.bus import entries_of
from shared.dead_letters import DeadLetter, DeadLetters
from shared.events import CODEC, AskQuestion, LineHeard, new_id
from shared.streams import (
    BRAIN,
    CHUNK_BYTES,
    INGEST,
    MIXED,
    SHARDS,
    MeetingKeys,
    ShardKeys,
    new_meeting_id,
    source_ms_of,
)

ENTRIES = 1_000
ROLES = (INGEST, BRAIN)
BURIED_WITHIN_S = 10.0
SLOWER_BY = 1.10
NOISE_MS = 10.0
"""That much slower is within what a busy machine does by itself."""
HUGE_BYTES = 5 << 20
DEEP = 10_000
LISTED = 100

Fields = dict[Any, Any]
"""Of an entry, bytes."""


def command(meeting_id: str, **changes: object) -> Fields:
    """A question, with fields of its body changed; None takes one away."""
    kind, body = CODEC.encode(AskQuestion(id=new_id(), meeting_id=meeting_id, at=1, question="Why?"))
    content = {**msgspec.msgpack.decode(body), **changes}
    kept = {name: value for name, value in content.items() if value is not None}
    return {CODEC.TYPE: kind, CODEC.BODY: msgspec.msgpack.encode(kept)}


def nested() -> bytes:
    return b"\x91" * DEEP + b"\xc0"


KINDS: dict[str, Callable[[str], Fields]] = {
    "broken body": lambda _: {CODEC.TYPE: b"question.ask", CODEC.BODY: b"\xc1\xff\x00"},
    "JSON instead": lambda meeting: {
        CODEC.TYPE: b"question.ask",
        CODEC.BODY: b'{"meeting_id":"%s"}' % meeting.encode(),
    },
    "unknown type": lambda meeting: command(meeting) | {CODEC.TYPE: b"question.sing"},
    "unknown version": lambda meeting: command(meeting) | {CODEC.TYPE: b"question.ask.v9"},
    "5 MB": lambda _: {CODEC.TYPE: b"question.ask", CODEC.BODY: bytes(HUGE_BYTES)},
    "a meeting of somebody else's": lambda meeting: command(new_meeting_id((int(meeting[2:4], 16) + 1) % SHARDS)),
    "a field is missing": lambda meeting: command(meeting, question=None),
    "a time that is no number": lambda meeting: command(meeting, at=float("nan")),
    "a NUL in its type": lambda meeting: command(meeting) | {CODEC.TYPE: b"question.ask\x00"},
    "deep nesting": lambda _: {CODEC.TYPE: b"question.ask", CODEC.BODY: nested()},
    "nothing but a type": lambda _: {CODEC.TYPE: b"question.ask"},
    "another body": lambda meeting: command(meeting) | {CODEC.TYPE: b"text.say"},
}


async def run(rig: Rig) -> Outcome:
    failures: list[str] = []
    async with staged(rig, workers=2) as stage:
        pids = pids_of(rig)
        playing = asyncio.create_task(stage.ask_while(asyncio.create_task(stage.play(), name="play")))
        await asyncio.sleep(rig.load.seconds / 3)
        began = time.time()
        put, slowest_s = await poison_all(stage)
        await playing
        ended = [name for name, pid in pids_of(rig).items() if pids[name] != pid]
        letters = [letter async for letter in DeadLetters(rig.bus).all()]
        again = await requeued(rig, letters)
        figures = await stage.judge(failures)
        calm_ms, busy_ms = await final_after_ms(stage, began)
    found = Counter(letter.reason for letter in letters)
    failures += [f"{ended} ended"] * bool(ended)
    failures += [f"{put} bad commands, {len(letters)} dead letters"] * (put != len(letters))
    failures += ["a dead letter without a reason"] * any(not letter.reason for letter in letters)
    failures += [f"buried after {slowest_s:.1f} s"] * (slowest_s > BURIED_WITHIN_S)
    failures += [f"{again} letters came back as they were sent again"] * (again != LISTED)
    failures += [f"p99 of lines {calm_ms} ms, {busy_ms} ms beside poison"] * (busy_ms > calm_ms * SLOWER_BY + NOISE_MS)
    figures |= {
        "bad_commands": put,
        "bad_entries_elsewhere": put,
        "dead_letters": len(letters),
        "reasons": len(found),
        "buried_after_s_max": round(slowest_s, 1),
        "processes_that_ended": len(ended),
        "sent_again_and_buried_again": again,
        "line_p99_ms_before": calm_ms,
        "line_p99_ms_beside": busy_ms,
    }
    return Outcome(10, "poison stays alone", figures, failures)


async def poison_all(stage: Stage) -> tuple[int, float]:
    """Into the commands, and as many into timelines, audio and rosters. Returns how many commands, and seconds until
    the last was buried."""
    rig, kinds, put = stage.rig, list(KINDS.values()), 0
    meetings = [*stage.meetings, *stage.quiet]
    slowest_s = 0.0
    for batch in range(0, ENTRIES, len(kinds) * 5):
        began = time.monotonic()
        for n in range(batch, min(batch + len(kinds) * 5, ENTRIES)):
            meeting = rig.chance.choice(meetings)
            fields = kinds[n % len(kinds)](meeting)
            await rig.bus.redis.xadd(MeetingKeys(meeting).shard.commands(rig.chance.choice(ROLES)), fields)
            await poison_elsewhere(rig, meeting, fields, n)
            put += 1
        await until(lambda: are_buried(rig, put), 3 * BURIED_WITHIN_S)  # noqa: B023  # awaited before the next round
        slowest_s = max(slowest_s, time.monotonic() - began)
    return put, slowest_s


async def poison_elsewhere(rig: Rig, meeting: str, fields: Fields, n: int) -> None:
    """Small ones only: nothing takes 5 MB off a timeline again."""
    keys, small = MeetingKeys(meeting), {name: value[:20_000] for name, value in fields.items()}
    sound = (b"", b"x", bytes(CHUNK_BYTES * 2), bytes(CHUNK_BYTES))[n % 4]
    match n % 4:
        case 0:
            await rig.bus.redis.xadd(keys.timeline, small)
        case 1:
            await rig.bus.redis.xadd(keys.shard.roster, small | {b"meeting": b"\xff\x00"})
        case 2:
            await rig.bus.redis.xadd(keys.live, small, maxlen=4)
        case 3:
            if last := entries_of(await rig.bus.redis.xrevrange(keys.audio(MIXED), count=1)):
                behind = f"{source_ms_of(last[0].id)}-2"
                with contextlib.suppress(redis.exceptions.ResponseError):  # the next chunk was quicker
                    await rig.bus.redis.xadd(keys.audio(MIXED), {b"pcm": sound, **small}, id=behind)


async def are_buried(rig: Rig, count: int) -> bool:
    pipe = rig.bus.redis.pipeline(transaction=False)
    for shard in range(SHARDS):
        pipe.xlen(ShardKeys(shard).dead)
    return sum(cast("list[int]", await pipe.execute())) >= count


async def requeued(rig: Rig, letters: list[DeadLetter]) -> int:
    """As `chimein dead requeue` does; they die of the same again. Returns how many did."""
    known, whole = {letter.id for letter in letters}, [letter for letter in letters if letter.is_whole][:LISTED]
    dead = DeadLetters(rig.bus)
    for letter in whole:
        await dead.requeue(letter)
    await until(lambda: are_buried(rig, len(letters)), 3 * BURIED_WITHIN_S)
    return len([letter async for letter in dead.all() if letter.id not in known])


async def final_after_ms(stage: Stage, began: float) -> tuple[int, int]:
    """p99 of how late final lines came, before the poison and beside it."""
    calm, beside = list[int](), list[int]()
    for meeting in stage.meetings:
        for fact in await stage.rig.facts(meeting):
            if isinstance(fact, LineHeard):
                (calm if fact.at < began * 1000 else beside).append(fact.final_after_ms)
    return p99_of(calm), p99_of(beside)


def p99_of(found: list[int]) -> int:
    return round(statistics.quantiles(found, n=100)[98]) if len(found) > 1 else 0

"""The command loop on a real server: order, repeats, poison, losses."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
import pytest
from support import eventually, facts_of, new_meeting

from shared.bus import Bus
from shared.clock import SystemClock
from shared.commands import MAX_DELIVERIES, CommandLoop
from shared.connections import connect
from shared.events import CODEC, AskQuestion, Event, Hushed, QuestionFailed, effect, new_id
from shared.streams import ShardKeys
from shared.tail import Tail
from shared.worker import Worker

SHARD = 3
STREAM = ShardKeys(SHARD).commands("brain")


class Scribe:
    """A handler that writes one fact per question; it can be told to fail."""

    def __init__(self, *, failures: int = 0) -> None:
        self.failures, self.handled = failures, list[str]()
        self.gate = asyncio.Event()
        self.gate.set()

    async def on_ask_question(self, command: AskQuestion, _: object) -> AsyncIterator[Event]:
        self.handled.append(command.question)
        await self.gate.wait()
        yield effect(
            QuestionFailed, command, "failed", SystemClock(), question=command.question, reason="r", category="c"
        )
        if self.failures > 0:
            self.failures -= 1
            raise RuntimeError("scripted")


async def on_given_up(command: AskQuestion, _: object) -> AsyncIterator[Event]:
    told = {"question": command.question, "reason": "given up", "category": "c"}
    yield effect(QuestionFailed, command, "failed", SystemClock(), **told)
    if command.question == "worse":
        raise RuntimeError("scripted")


@contextlib.asynccontextmanager
async def running(bus: Bus, scribe: Scribe, worker: Worker | None = None) -> AsyncIterator[CommandLoop]:
    worker = worker or Worker("brain", bus, Tail(bus.redis), SystemClock())
    handlers, given_up = {AskQuestion: scribe.on_ask_question}, {AskQuestion: on_given_up}
    loop = CommandLoop(worker, handlers, None, given_up=given_up)
    await loop.add([SHARD], claim_idle_ms=0)
    task = asyncio.create_task(loop.run())
    try:
        yield loop
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def ask(bus: Bus, meeting_id: str, question: str) -> AskQuestion:
    command = AskQuestion(id=new_id(), meeting_id=meeting_id, at=1, question=question)
    await bus.command("brain", command)
    return command


async def pending(bus: Bus) -> int:
    return int((await bus.redis.xpending(STREAM, "brain"))["pending"])


async def settled(bus: Bus, count: int) -> bool:
    info = (await bus.redis.xinfo_groups(STREAM))[0]
    return info["pending"] == 0 and (info["entries-read"] or 0) >= count


async def test_effects_are_published_and_the_command_acknowledged(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    async with running(bus, Scribe()):
        command = await ask(bus, meeting_id, "why?")
        await eventually(lambda: settled(bus, 1))
    assert (await facts_of(bus, meeting_id))[-1].cause_id == command.id


async def test_commands_of_a_meeting_are_handled_in_order(bus: Bus) -> None:
    meeting_id, scribe = await new_meeting(bus), Scribe()
    for n in range(20):
        await ask(bus, meeting_id, str(n))
    async with running(bus, scribe):
        await eventually(lambda: len(scribe.handled) == 20)
    assert scribe.handled == [str(n) for n in range(20)]


async def test_a_failed_handler_is_tried_again_and_repeats_its_ids(bus: Bus) -> None:
    meeting_id, scribe = await new_meeting(bus), Scribe(failures=1)
    async with running(bus, scribe):
        await ask(bus, meeting_id, "why?")
        await eventually(lambda: settled(bus, 1))
    ids = [fact.id for fact in await facts_of(bus, meeting_id)][1:]
    assert len(scribe.handled) == 2
    assert len(ids) == 2
    assert len(set(ids)) == 1


async def test_a_command_waits_since_it_was_sent_until_it_is_settled(bus: Bus) -> None:
    meeting_id, slow = await new_meeting(bus), Scribe()
    worker = Worker("brain", bus, Tail(bus.redis), SystemClock())
    slow.gate.clear()
    kind, body = CODEC.encode(AskQuestion(id=new_id(), meeting_id=meeting_id, at=1, question="why?"))
    sent_ms = SystemClock().now_ms() - 7_000
    await bus.redis.xadd(STREAM, {"type": kind, "body": body}, id=f"{sent_ms}-0")
    async with running(bus, slow, worker):
        await eventually(lambda: slow.handled)
        assert 7 <= worker.backlog.age_s() < 60
        slow.gate.set()
        await eventually(lambda: worker.backlog.age_s() == 0)
    assert await settled(bus, 1)


async def test_what_is_being_worked_on_is_not_taken_for_stale(bus: Bus) -> None:
    meeting_id, slow = await new_meeting(bus), Scribe()
    slow.gate.clear()
    async with running(bus, slow) as loop:
        await ask(bus, meeting_id, "why?")
        await eventually(lambda: slow.handled)
        await asyncio.sleep(0.3)
        await loop._keep()
        (entry,) = await bus.redis.xpending_range(STREAM, "brain", "-", "+", 10)
        assert entry["time_since_delivered"] < 250
        assert entry["times_delivered"] == 1
        slow.gate.set()
        await eventually(lambda: settled(bus, 1))


async def test_what_is_delivered_to_somebody_else_after_the_takeover_is_handled_too(bus: Bus) -> None:
    """A worker that was stopped reads on before it learns that its shard is lost; what it reads it may not settle."""
    meeting_id, heir = await new_meeting(bus), Scribe()
    async with running(bus, heir) as loop:
        while not await bus.redis.xreadgroup("brain", "zombie", {STREAM: ">"}):
            await ask(bus, meeting_id, "why?")
        taking_over = asyncio.create_task(loop.take_over_stale(300))
        await eventually(lambda: "why?" in heir.handled and settled(bus, 1))
        taking_over.cancel()
    assert heir.handled


async def test_what_a_cancelled_worker_had_in_hand_is_handled_by_the_next(bus: Bus) -> None:
    meeting_id, stuck, heir = await new_meeting(bus), Scribe(), Scribe()
    stuck.gate.clear()
    async with running(bus, stuck):
        await ask(bus, meeting_id, "why?")
        await eventually(lambda: stuck.handled)
    assert await pending(bus) == 1
    async with running(bus, heir):
        await eventually(lambda: settled(bus, 1))
    assert heir.handled == ["why?"]


POISON = {
    "broken body": {"type": "question.ask", "body": b"\xff\xff"},
    "missing field": {"type": "question.ask", "body": msgspec.msgpack.encode({"type": "question.ask", "id": "1"})},
    "wrong field type": {
        "type": "question.ask",
        "body": msgspec.msgpack.encode({"type": "question.ask", "id": 1, "meeting_id": 2, "at": "x", "question": 3}),
    },
    "empty body": {"type": "question.ask", "body": b""},
    "another type inside": {
        "type": "question.ask",
        "body": msgspec.msgpack.encode(Hushed(id="1", meeting_id="m", at=1, by="x")),
    },
    "deep nesting": {"type": "question.ask", "body": b"\x82\xa4type\xacquestion.ask\xa1x" + b"\x91" * 50_000},
    "not ours to handle": {
        "type": "speech.hushed",
        "body": msgspec.msgpack.encode(Hushed(id="1", meeting_id="m", at=1, by="x")),
    },
}


@pytest.mark.parametrize("kind", POISON)
async def test_poison_is_buried_with_its_reason_and_the_next_command_is_handled(bus: Bus, kind: str) -> None:
    meeting_id, scribe = await new_meeting(bus), Scribe()
    await bus.redis.xadd(STREAM, POISON[kind])
    async with running(bus, scribe):
        await ask(bus, meeting_id, "and I?")
        await eventually(lambda: settled(bus, 2))
    letters = await bus.redis.xrange(ShardKeys(SHARD).dead)
    assert len(letters) == 1
    assert letters[0][1][b"source"] == STREAM.encode()
    assert letters[0][1][b"reason"]
    assert scribe.handled == ["and I?"]


@pytest.mark.parametrize("question", ["why?", "worse"])
async def test_a_question_that_is_given_up_has_an_outcome(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    monkeypatch.setattr("shared.commands.BACKOFF_S", (0.01,))
    meeting_id = await new_meeting(bus)
    async with running(bus, Scribe(failures=9)):
        command = await ask(bus, meeting_id, question)
        await eventually(lambda: settled(bus, 1))
    last = (await facts_of(bus, meeting_id))[-1]
    assert (last.cause_id, last.reason) == (command.id, "given up")
    assert await bus.redis.xlen(ShardKeys(SHARD).dead) == 1


async def test_a_command_that_was_delivered_too_often_is_given_up_with_an_outcome(bus: Bus) -> None:
    meeting_id, scribe = await new_meeting(bus), Scribe()
    await bus.redis.xgroup_create(STREAM, "brain", "0", mkstream=True)
    command = await ask(bus, meeting_id, "why?")
    ((_, ((entry_id, _),)),) = (await bus.redis.xreadgroup("brain", "died of it", {STREAM: ">"})).items()
    for _ in range(MAX_DELIVERIES):
        await bus.redis.xclaim(STREAM, "brain", "died of it too", 0, [entry_id])
    async with running(bus, scribe):
        await eventually(lambda: settled(bus, 1))
    last = (await facts_of(bus, meeting_id))[-1]
    assert (last.cause_id, last.reason, scribe.handled) == (command.id, "given up", [])


async def test_a_type_that_this_version_does_not_know_waits_among_the_dead_letters(bus: Bus) -> None:
    await new_meeting(bus)
    async with running(bus, Scribe()):
        await bus.redis.xadd(STREAM, {"type": "thing.from_the_future", "body": b""})
        await eventually(lambda: bus.redis.xlen(ShardKeys(SHARD).dead))
        await eventually(lambda: settled(bus, 1))


async def test_a_command_about_a_meeting_of_another_shard_is_not_carried_out(bus: Bus) -> None:
    scribe, elsewhere = Scribe(), await new_meeting(bus, shard=SHARD + 1)
    kind, body = CODEC.encode(AskQuestion(id=new_id(), meeting_id=elsewhere, at=1, question="why?"))
    async with running(bus, scribe):
        await bus.redis.xadd(STREAM, {CODEC.TYPE: kind, CODEC.BODY: body})
        await eventually(lambda: bus.redis.xlen(ShardKeys(SHARD).dead))
    assert scribe.handled == []


async def test_a_command_for_an_erased_meeting_is_acknowledged(bus: Bus) -> None:
    async with running(bus, Scribe()):
        await ask(bus, "m-03-" + "a" * 20, "why?")
        await eventually(lambda: settled(bus, 1))
    assert await bus.redis.xlen(ShardKeys(SHARD).dead) == 0


async def test_the_loop_goes_on_when_redis_forgot_everything(bus: Bus) -> None:
    scribe = Scribe()
    async with running(bus, scribe):
        await bus.redis.flushall()
        meeting_id = await new_meeting(bus)
        await asyncio.sleep(0.3)
        await ask(bus, meeting_id, "still there?")
        await eventually(lambda: scribe.handled == ["still there?"])


async def test_a_cancellation_while_connecting_ends_the_loop(redis_url: str) -> None:
    """redis-py swallows one that comes while it connects; each new loop here begins with a new connection."""
    for _ in range(20):
        bus = Bus(connect(redis_url))
        worker = Worker("brain", bus, Tail(bus.redis), SystemClock())
        loop = CommandLoop(worker, {}, None)
        await loop.add([SHARD], claim_idle_ms=0)
        task = asyncio.create_task(loop.run())
        reading = asyncio.create_task(bus.redis.ping())
        await reading
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=5)
        assert done
        await bus.close()

import pytest
from support import new_meeting

from shared.bus import Bus, Entry, entries_of
from shared.dead_letters import LARGEST_BYTES, DeadLetter, DeadLetters, parts_of
from shared.events import CODEC, AskQuestion
from shared.streams import BRAIN, ShardKeys

SHARD = 3


async def buried(bus: Bus, **fields: object) -> DeadLetter:
    """As the command loop buries; the newest letter."""
    letter = {"reason": "ValueError", "source": ShardKeys(SHARD).commands(BRAIN), "entry": "1-0", "at": 5, **fields}
    await bus.redis.xadd(ShardKeys(SHARD).dead, letter)
    return [letter async for letter in DeadLetters(bus).all()][-1]


async def ask(bus: Bus) -> AskQuestion:
    return AskQuestion(id="q", meeting_id=await new_meeting(bus, shard=SHARD), at=1, question="When?")


async def test_a_letter_tells_what_it_was_and_why_it_died(bus: Bus) -> None:
    question = await ask(bus)
    kind, body = CODEC.encode(question)
    letter = await buried(bus, type=kind, body=body)
    assert (letter.reason, letter.type, letter.at, letter.size) == ("ValueError", "question.ask", 5, len(body))
    assert letter.command == question
    assert await DeadLetters(bus).get(letter.id) == letter


async def test_what_cannot_be_read_is_listed_all_the_same(bus: Bus) -> None:
    letter = await buried(bus, type="question.ask", body=b"\xff\x00")
    assert letter.command is None
    assert letter.type == "question.ask"


async def test_a_letter_is_sent_again_once(bus: Bus) -> None:
    question = await ask(bus)
    kind, body = CODEC.encode(question)
    letter = await buried(bus, type=kind, body=body)
    assert await DeadLetters(bus).requeue(letter)
    assert not await DeadLetters(bus).requeue(letter)
    (entry,) = entries_of(await bus.redis.xrange(ShardKeys(SHARD).commands(BRAIN)))
    assert entry.fields == {b"type": kind, b"body": body}
    assert [letter async for letter in DeadLetters(bus).all()] == []


@pytest.mark.parametrize("letter_id", ["", "3", "zz:1-0", "ff:1-0", "03:1", "03:x-y"])
def test_what_is_no_id_is_refused(letter_id: str) -> None:
    assert parts_of(letter_id) is None


async def test_a_letter_that_is_not_there_is_none(bus: Bus) -> None:
    assert await DeadLetters(bus).get("03:1-0") is None


async def test_what_is_too_large_is_kept_by_its_beginning(bus: Bus) -> None:
    await bus.redis.xgroup_create(ShardKeys(3).commands("brain"), "brain", "0", mkstream=True)
    letters, huge = DeadLetters(bus), Entry(b"5-1", {b"type": b"question.ask", b"body": b"x" * LARGEST_BYTES})
    await letters.bury(3, "brain", huge, "too much", 1_700_000_000_000)
    (letter,) = [one async for one in letters.all()]
    assert (letter.type, letter.reason, letter.is_whole) == ("question.ask", "too much", False)
    assert letter.size > LARGEST_BYTES
    assert await bus.redis.memory_usage(ShardKeys(3).dead) < 8_000


async def test_fields_that_call_themselves_like_ours_do_not_hide_where_a_letter_came_from(bus: Bus) -> None:
    await bus.redis.xgroup_create(ShardKeys(3).commands("brain"), "brain", "0", mkstream=True)
    letters, sly = DeadLetters(bus), Entry(b"5-1", {b"type": b"t", b"reason": b"none", b"source": b"elsewhere"})
    await letters.bury(3, "brain", sly, "bad", 1)
    (letter,) = [one async for one in letters.all()]
    assert (letter.reason, letter.source) == ("bad", ShardKeys(3).commands("brain"))

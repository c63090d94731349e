import asyncio

import pytest
from support import new_meeting
from typer.testing import CliRunner

from cli import dead
from shared.bus import Bus, entries_of
from shared.events import CODEC, AskQuestion
from shared.streams import BRAIN, ShardKeys

SHARD = 5


@pytest.fixture
async def letter_id(bus: Bus) -> str:
    meeting_id = await new_meeting(bus, shard=SHARD)
    kind, body = CODEC.encode(AskQuestion(id="q", meeting_id=meeting_id, at=1, question="When?"))
    source = ShardKeys(SHARD).commands(BRAIN)
    letter = {"reason": "[died]", "source": source, "entry": "1-0", "at": 5, "type": kind, "body": body}
    entry_id = await bus.redis.xadd(ShardKeys(SHARD).dead, letter)
    return f"{SHARD:02x}:{entry_id.decode()}"


def chimein(redis_url: str, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(dead.app, words, env={"REDIS_URL": redis_url, "COLUMNS": "200"})
    return result.exit_code, result.output


async def of(redis_url: str, *words: str) -> tuple[int, str]:
    """In a thread: the command has a loop of its own."""
    return await asyncio.to_thread(chimein, redis_url, *words)


async def test_the_list_has_id_type_and_reason(letter_id: str, redis_url: str) -> None:
    status, printed = await of(redis_url, "list")
    assert status == 0
    for part in (letter_id, "question.ask", "[died]"):
        assert part in printed


async def test_one_is_shown_whole(letter_id: str, redis_url: str) -> None:
    status, printed = await of(redis_url, "show", letter_id)
    assert status == 0
    assert "When?" in printed


@pytest.mark.parametrize("which", ["all", "one"])
async def test_sent_again_it_is_with_the_others(letter_id: str, redis_url: str, bus: Bus, which: str) -> None:
    assert await of(redis_url, "requeue", letter_id if which == "one" else "all") == (0, "1 sent again\n")
    assert len(entries_of(await bus.redis.xrange(ShardKeys(SHARD).commands(BRAIN)))) == 1
    assert "There are no dead letters" in (await of(redis_url, "list"))[1]


@pytest.mark.parametrize("wrong", ["nonsense", "05:1-0"])
async def test_an_id_that_is_none_is_told(redis_url: str, bus: Bus, wrong: str) -> None:
    status, printed = await of(redis_url, "show", wrong)
    assert status == 2
    assert "chimein dead list" in printed

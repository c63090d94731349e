import asyncio
import time

import msgspec
import pytest
from ears import Ear

from rehearsal.fake_bot import FakeBot, Plan
from shared.numbered_pcm import BLOCK_BYTES, decode
from shared.ports import free_port


def heard_blocks(ear: Ear) -> list[int]:
    """The numbers of all blocks of meeting 7, as they came."""
    numbers = []
    for frame in ear.of("audio_mixed_raw.data"):
        pcm = msgspec.convert(frame["buffer"], bytes)
        for at in range(0, len(pcm), BLOCK_BYTES):
            meeting, number = decode(pcm[at : at + BLOCK_BYTES])
            assert (meeting, round(frame["timestamp"]["relative"] * 50) + at // BLOCK_BYTES) == (7, number)
            numbers.append(number)
    return numbers


async def test_every_block_arrives_once_in_order_at_its_source_time(ear: Ear) -> None:
    bot = FakeBot(ear.url, 7, Plan(seconds=1, speed=20))
    await bot.run()
    await ear.wait_until(lambda: ear.close_codes)
    assert heard_blocks(ear) == list(range(50))
    assert (ear.close_codes, bot.connections) == ([1000], 1)


async def test_frames_can_hold_several_blocks(ear: Ear) -> None:
    await FakeBot(ear.url, 7, Plan(seconds=0.22, speed=20, blocks_per_frame=5)).run()
    await ear.wait_until(lambda: ear.close_codes)
    assert heard_blocks(ear) == list(range(11))
    assert len(ear.of("audio_mixed_raw.data")) == 3


async def test_it_keeps_the_pace_it_is_given(ear: Ear) -> None:
    started = time.monotonic()
    await FakeBot(ear.url, 7, Plan(seconds=2, speed=10)).run()
    assert 0.2 <= time.monotonic() - started < 1.5


async def test_it_knows_what_it_sent_and_when(ear: Ear) -> None:
    bot, before = FakeBot(ear.url, 7, Plan(seconds=0.2, speed=10)), time.time() * 1000
    await bot.run()
    assert [sent.first_block for sent in bot.sent] == list(range(10))
    assert before < bot.sent[0].at_ms < bot.sent[-1].at_ms <= time.time() * 1000


async def dropped_once(ear: Ear, resend_s: float) -> tuple[FakeBot, list[int], list[int]]:
    """Blocks heard before and after a drop."""
    bot = FakeBot(ear.url, 7, Plan(seconds=2, speed=4, redial_s=0.1, resend_s=resend_s))
    running = asyncio.create_task(bot.run())
    await ear.wait_until(lambda: len(ear.messages) >= 20)
    bot.drop()
    await ear.wait_until(lambda: ear.close_codes)
    before = heard_blocks(ear)
    await running
    await ear.wait_until(lambda: len(ear.close_codes) == 2)
    return bot, before, heard_blocks(ear)[len(before) :]


async def test_what_fell_into_an_outage_is_lost(ear: Ear) -> None:
    bot, before, after = await dropped_once(ear, resend_s=0)
    assert after[0] - before[-1] >= 0.1 * 4 * 50 - 1
    assert after == list(range(after[0], 100))
    assert bot.connections == 2


async def test_the_last_seconds_can_be_sent_again(ear: Ear) -> None:
    _, before, after = await dropped_once(ear, resend_s=1)
    assert after[0] <= before[-1]
    assert after == list(range(after[0], 100))


async def test_an_absent_listener_is_given_up() -> None:
    bot = FakeBot(f"ws://127.0.0.1:{free_port()}/recall/m-1/", 7, Plan(seconds=1, redial_s=0.001))
    with pytest.raises(ConnectionError, match="30 attempts"):
        await bot.run()

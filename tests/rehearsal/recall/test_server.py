import asyncio
import time
from pathlib import Path

import aiohttp
from ears import Ear
from meetings_played import recording, send_bot, stand_in

from rehearsal.recall.server import RecallServer
from shared.ports import free_port


async def test_it_listens_where_it_is_told() -> None:
    port = free_port()
    async with RecallServer(port=port) as recall:
        assert recall.url == f"http://127.0.0.1:{port}"
        async with aiohttp.ClientSession() as session, session.get(f"{recall.url}/api/v1/bot/") as response:
            assert response.status == 200


async def test_it_tells_when_a_moment_of_the_meeting_was_sent(ear: Ear) -> None:
    async with stand_in() as recall:
        assert recall.sent_at(0) is None
        recall.play(recording(400), speed=10)
        before = time.time() * 1000
        await send_bot(recall, ear)
        await recall.finished()
        sent = recall.sent_at(399)
        assert sent is not None
        assert before < sent <= time.time() * 1000


async def test_a_bot_can_be_waited_for(ear: Ear) -> None:
    async with stand_in() as recall:
        waiting = asyncio.create_task(recall.wait_for_bot(2))
        await send_bot(recall, ear)
        second = await send_bot(recall, ear)
        assert await waiting is second


async def test_a_later_recording_leaves_the_bots_before_alone(ear: Ear) -> None:
    async with stand_in() as recall:
        recall.play(recording(400))
        first = await send_bot(recall, ear)
        recall.play(None)
        second = await send_bot(recall, ear)
        assert (first.playout.duration_ms, second.playout.duration_ms) == (400, 0)


async def test_when_it_stops_every_socket_is_closed_and_no_task_is_left(ear: Ear) -> None:
    before = asyncio.all_tasks()
    async with stand_in() as recall:
        recall.play(recording(60_000))
        await send_bot(recall, ear)
        await ear.wait_until(lambda: ear.of("audio_mixed_raw.data"))
    await ear.wait_until(lambda: ear.close_codes)
    left = [task.get_name() for task in asyncio.all_tasks() - before]
    assert not [name for name in left if "bot" in name or "webhook" in name]


async def test_what_was_heard_is_written_as_a_wav_even_if_it_is_nothing(tmp_path: Path) -> None:
    async with stand_in() as recall:
        recall.write_heard(tmp_path / "heard.wav")
    assert (tmp_path / "heard.wav").stat().st_size == 44

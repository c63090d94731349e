"""What a socket to Deepgram is sent."""

import asyncio
import json

import pytest
from deepgram_streams import feed, hasty_server, heard_of, numbers, rest_of, stream_to, timed, until, words_in
from support import eventually

from rehearsal.deepgram.server import DeepgramServer
from shared.errors import Category, TranscriptionError

IDLE_S = {"idle_s": 15.0}
"""0.3 s on the server's fast clock."""
LIVELY = {"keep_alive_s": 0.1, "pause_s": 0.05, "tick_s": 0.01}


def said(server: DeepgramServer) -> list[str]:
    """The types of the text frames of the newest socket."""
    return [json.loads(text)["type"] for _, text in server.sockets[-1].texts]


async def test_audio_goes_at_1_25_times_real_time_after_the_first_second() -> None:
    async with hasty_server(speed=1.0) as server, stream_to(server, limits={"pace": 1.25}) as stream:
        began = asyncio.get_running_loop().time()
        await feed(stream, 0, 2500)
        took_s = asyncio.get_running_loop().time() - began
        socket = server.sockets[0]
        await eventually(lambda: socket.received_s >= 2.5)
    assert 1.15 < took_s < 2.0
    assert socket.intake.most_ahead_s < 0.4


async def test_much_audio_in_one_piece_is_sent_in_small_ones() -> None:
    async with hasty_server() as server, stream_to(server) as stream:
        await stream.send(0, bytes(32 * 2550))
        await stream.finish()
        results, _ = await rest_of(stream)
    assert server.sockets[0].received_s == pytest.approx(2.55)
    assert results[-1].settled_ms == 2550


async def test_an_empty_piece_is_not_sent() -> None:
    async with hasty_server() as server, stream_to(server) as stream:
        await stream.send(0, b"")
        assert timed(await heard_of(stream, 0, 1000)) == numbers(0, 1000)


async def test_a_pause_is_finalized_and_kept_alive() -> None:
    async with hasty_server(**IDLE_S) as server, stream_to(server, limits=LIVELY) as stream:
        await feed(stream, 0, 1000)
        paused = await until(stream, lambda heard: heard.is_final)
        await eventually(lambda: said(server).count("KeepAlive") >= 5)
        again = await heard_of(stream, 1000, 2000)
    assert timed(words_in(paused)) + timed(again) == numbers(0, 2000)
    assert said(server)[0] == "Finalize"
    assert said(server).count("Finalize") == 1


async def test_a_stream_that_waits_for_its_first_audio_is_kept_open() -> None:
    async with hasty_server(**IDLE_S) as server, stream_to(server, limits=LIVELY, start_ms=7000) as stream:
        await eventually(lambda: said(server).count("KeepAlive") >= 5)
        assert timed(await heard_of(stream, 7000, 8000)) == numbers(7000, 8000)


async def test_a_short_stretch_without_audio_is_sent_as_silence() -> None:
    async with hasty_server() as server, stream_to(server) as stream:
        await feed(stream, 0, 1000)
        words = await heard_of(stream, 1460, 2400)
    assert timed(words) == [*numbers(0, 1000), *numbers(1600, 2400)]
    assert server.sockets[0].received_s == pytest.approx(2.46)


async def test_of_a_long_stretch_without_audio_only_a_second_is_sent() -> None:
    async with hasty_server() as server, stream_to(server) as stream:
        await feed(stream, 0, 1000)
        await feed(stream, 61_000, 62_000)
        await feed(stream, 962_000, 963_000)
        await stream.finish()
        results, error = await rest_of(stream)
    assert error is None
    finals = [timed(list(heard.words)) for heard in results if heard.is_final and heard.words]
    assert finals == [numbers(0, 1000), numbers(61_000, 62_000), numbers(962_000, 963_000)]
    assert server.sockets[0].received_s == pytest.approx(5.0)


async def test_audio_that_goes_back_is_refused() -> None:
    async with hasty_server() as server, stream_to(server) as stream:
        await feed(stream, 0, 500)
        with pytest.raises(TranscriptionError) as refused:
            await feed(stream, 300, 400)
    assert refused.value.category is Category.INVALID

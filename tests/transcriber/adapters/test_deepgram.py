"""Opening streams at Deepgram."""

import asyncio
import logging
import time
from collections import deque

import pytest
from deepgram_streams import HASTE, KEY, feed, hasty_server, heard_of, numbers, stream_to, timed
from structlog.testing import capture_logs

from rehearsal.deepgram.options import DeepgramFaults
from rehearsal.deepgram.server import DeepgramServer
from shared.config import Secret
from shared.errors import Category, TranscriptionError
from shared.ports import free_port
from transcriber.adapters.deepgram import build_deepgram_engine
from transcriber.adapters.deepgram_pacing import Limits
from transcriber.ports import StreamSpec

SPEC = StreamSpec(track="mixed", start_ms=0, fresh_from_ms=0, vocabulary=("Maya Lindqvist",))


async def refused(server: DeepgramServer, key: Secret = KEY, **limits: float) -> TranscriptionError:
    engine = build_deepgram_engine(key, server.url, limits=Limits(**{**HASTE, **limits}))
    with pytest.raises(TranscriptionError) as error:
        await engine.open(SPEC)
    return error.value


async def test_a_stream_is_opened_with_the_key_and_the_query() -> None:
    async with hasty_server(api_key=KEY) as server, stream_to(server, vocabulary=("Maya Lindqvist",)):
        wanted = (await server.wait_for_socket()).wanted
    assert (wanted.model, wanted.language, wanted.keyterms) == ("nova-3", "en", ("Maya Lindqvist",))
    assert wanted.is_diarized
    assert wanted.is_audio_known


@pytest.mark.parametrize(
    ("status", "category"),
    [
        (400, Category.INVALID),
        (401, Category.AUTHENTICATION),
        (402, Category.AUTHENTICATION),
        (403, Category.AUTHENTICATION),
        (429, Category.RATE_LIMIT),
        (500, Category.UNAVAILABLE),
        (503, Category.UNAVAILABLE),
    ],
)
async def test_a_refused_handshake_has_its_category(status: int, category: Category) -> None:
    async with hasty_server(DeepgramFaults(refusals=deque([status]))) as server:
        error = await refused(server)
    assert error.category is category
    assert KEY.reveal() not in str(error)


async def test_another_key_is_refused_by_name_of_its_setting() -> None:
    async with hasty_server(api_key=Secret("right")) as server:
        error = await refused(server, Secret("wrong"))
    assert (error.category, "DEEPGRAM_API_KEY" in error.reason) == (Category.AUTHENTICATION, True)


async def test_a_slot_that_is_given_back_can_be_had() -> None:
    async with hasty_server(concurrency=1) as server:
        async with stream_to(server):
            full = await refused(server)
            first = await server.wait_for_socket()
        await asyncio.wait_for(first.closed.wait(), 5)
        async with stream_to(server) as stream:
            assert timed(await heard_of(stream, 0, 1000)) == numbers(0, 1000)
    assert (full.category, 1 <= (full.retry_after_s or 0) <= 5) == (Category.RATE_LIMIT, True)


async def test_a_slow_handshake_is_a_time_out() -> None:
    async with hasty_server(DeepgramFaults(accept_delay_s=1)) as server:
        error = await refused(server, open_s=0.05)
    assert error.category is Category.TIMEOUT


@pytest.mark.parametrize(
    ("address", "category"),
    [
        (f"http://127.0.0.1:{free_port()}", Category.CONNECTIVITY),
        ("ftp://127.0.0.1", Category.NOT_FOUND),
        ("nowhere", Category.NOT_FOUND),
    ],
    ids=["nobody", "no web address", "no address"],
)
async def test_where_nobody_listens_is_told(address: str, category: Category) -> None:
    with pytest.raises(TranscriptionError) as refusal:
        await build_deepgram_engine(KEY, address).open(SPEC)
    assert refusal.value.category is category
    assert "Maya" not in str(refusal.value)


async def test_neither_the_key_nor_a_word_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        async with hasty_server(DeepgramFaults(bad_json=1)) as server:
            async with stream_to(server, vocabulary=("Maya Lindqvist",)) as stream:
                await stream.learn(("Tom Okafor",))
                await heard_of(stream, 0, 1000)
            server.faults.refusals.append(400)
            await refused(server)
    logged = f"{caplog.text}{logs}"
    assert "deepgram.message_skipped" in logged
    assert [private for private in (KEY.reveal(), "Maya", "Tom", "n3") if private in logged] == []


async def test_closing_the_engine_closes_every_stream_at_once() -> None:
    async with hasty_server() as server:
        engine = build_deepgram_engine(KEY, server.url)
        streams = [await engine.open(SPEC) for _ in range(5)]
        await feed(streams[0], 0, 500)
        began = time.monotonic()
        await engine.close()
        assert time.monotonic() - began < 0.5
        assert all(stream.is_closed for stream in streams)
        async with asyncio.timeout(5):
            for socket in server.sockets:
                await socket.closed.wait()


async def test_a_silent_peer_does_not_hold_up_the_closing() -> None:
    faults = DeepgramFaults()
    async with hasty_server(faults) as server:
        engine = build_deepgram_engine(KEY, server.url)
        stream = await engine.open(SPEC)
        await feed(stream, 0, 500)
        faults.half_open = True
        began = time.monotonic()
        await engine.close()
        assert time.monotonic() - began < 0.3

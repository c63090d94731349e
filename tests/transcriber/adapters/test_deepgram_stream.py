"""One stream, with a Deepgram that behaves and one that does not."""

import asyncio
import functools
import json
import time

import pytest
from deepgram_streams import (
    KEY,
    feed,
    hasty_server,
    heard_of,
    numbers,
    rest_of,
    stream_to,
    timed,
    two_voices,
    until,
    words_in,
)
from structlog.testing import capture_logs
from support import eventually
from websockets.asyncio.server import ServerConnection, serve

from rehearsal.deepgram.closing import CUT, NO_AUDIO, NOT_AUDIO, Close
from rehearsal.deepgram.options import DeepgramFaults
from rehearsal.deepgram.server import DeepgramServer
from shared.errors import Category, TranscriptionError
from transcriber.adapters.deepgram import build_deepgram_engine
from transcriber.lines import fresh
from transcriber.ports import StreamSpec, Word


async def test_words_have_source_time_wherever_the_stream_begins() -> None:
    async with hasty_server() as server, stream_to(server, start_ms=12_000) as stream:
        assert timed(await heard_of(stream, 12_000, 18_000)) == numbers(12_000, 18_000)


async def test_everything_is_settled_at_the_end() -> None:
    async with hasty_server() as server, stream_to(server) as stream:
        await feed(stream, 0, 2300)
        await stream.finish()
        results, error = await rest_of(stream)
    assert (error, results[-1].is_final, results[-1].settled_ms) == (None, True, 2300)


async def test_voices_are_told_apart_and_are_others_on_another_socket() -> None:
    async with hasty_server(ears=two_voices()) as server:
        async with stream_to(server) as stream:
            first = await heard_of(stream, 0, 4000)
        async with stream_to(server) as stream:
            second = await heard_of(stream, 0, 4000)
    assert [word.voice == first[0].voice for word in first] == ([True] * 5 + [False] * 5) * 2
    assert len({word.voice for word in first + second}) == 4


async def test_a_track_of_one_voice_has_no_voices() -> None:
    async with hasty_server() as server, stream_to(server, has_many_voices=False) as stream:
        assert {word.voice for word in await heard_of(stream, 0, 1000)} == {""}


async def test_several_languages_are_told_by_word() -> None:
    async with hasty_server() as server, stream_to(server, language="multi") as stream:
        assert {word.language for word in await heard_of(stream, 0, 1000)} == {"en"}


async def test_new_terms_are_learned_once() -> None:
    async with hasty_server() as server, stream_to(server, vocabulary=("Maya",)) as stream:
        await stream.learn(("Maya", "maya "))
        await stream.learn(("Maya", "Tom"))
        await stream.learn(("Maya", "Tom"))
        socket = server.sockets[0]
        await eventually(lambda: socket.keyterms == ("Maya", "Tom"))
        await heard_of(stream, 0, 500)
    told = [json.loads(text) for _, text in socket.texts]
    assert told == [{"type": "Configure", "keyterms": ["Maya", "Tom"]}, {"type": "CloseStream"}]


async def test_refused_terms_change_nothing_else() -> None:
    async with hasty_server(keyterm_tokens=3) as server, stream_to(server) as stream:
        with capture_logs() as logs:
            await stream.learn(("Supercalifragilistic",))
            assert timed(await heard_of(stream, 0, 1000)) == numbers(0, 1000)
    assert [entry["event"] for entry in logs] == ["deepgram.keyterms_refused"]


@pytest.mark.parametrize(
    "faults",
    [
        DeepgramFaults(ignores_finalize=True),
        DeepgramFaults(repeats_utterance_end=True),
        DeepgramFaults(unknown_types=True),
        DeepgramFaults(unknown_fields=True),
        DeepgramFaults(bad_json=5),
        DeepgramFaults(missing_fields=frozenset({"words"})),
        DeepgramFaults(missing_fields=frozenset({"punctuated_word", "confidence", "speaker", "last_word_end"})),
        DeepgramFaults(missing_fields=frozenset({"metadata", "channel_index", "speech_final", "transcript"})),
    ],
    ids=["finalize", "repeats", "types", "fields", "json", "words", "of words", "of results"],
)
async def test_oddities_lose_no_word(faults: DeepgramFaults) -> None:
    async with hasty_server(faults) as server, stream_to(server) as stream:
        words = await heard_of(stream, 0, 7000)
    assert [word.text for word in words] == [text for text, _, _ in numbers(0, 7000)]


async def test_a_server_that_is_silent_for_a_while_is_waited_for() -> None:
    faults = DeepgramFaults()
    async with hasty_server(faults) as server, stream_to(server) as stream:
        faults.stall_for(0.3)
        assert timed(await heard_of(stream, 0, 4000)) == numbers(0, 4000)


async def test_a_server_that_takes_audio_but_never_answers_is_given_up() -> None:
    faults = DeepgramFaults(half_open=True)
    async with hasty_server(faults) as server, stream_to(server, limits={"stall_s": 0.2, "pace": 5.0}) as stream:
        with pytest.raises(TranscriptionError) as given_up:
            await feed(stream, 0, 20_000)
        _, error = await rest_of(stream)
    assert (given_up.value.category, error) == (Category.TIMEOUT, given_up.value)


async def test_a_server_that_does_not_finish_is_given_up() -> None:
    faults = DeepgramFaults()
    async with hasty_server(faults) as server, stream_to(server, limits={"finish_s": 0.2}) as stream:
        await feed(stream, 0, 1000)
        faults.half_open = True
        began = time.monotonic()
        await stream.finish()
        _, error = await rest_of(stream)
        assert time.monotonic() - began < 1
    assert error
    assert error.category is Category.TIMEOUT


async def test_an_end_without_the_last_words_is_a_failure() -> None:
    async with hasty_server(DeepgramFaults(loses_finals=True)) as server, stream_to(server) as stream:
        await feed(stream, 0, 5000)
        told = await until(stream, lambda heard: heard.is_final)
        await stream.finish()
        results, error = await rest_of(stream)
    assert error
    assert error.category is Category.UNAVAILABLE
    assert timed(words_in(told + results)) == numbers(0, 4000)


@pytest.mark.parametrize(
    ("close", "category"),
    [
        (NOT_AUDIO, Category.INVALID),
        (NO_AUDIO, Category.UNAVAILABLE),
        (CUT, Category.UNAVAILABLE),
        (Close(1000), Category.UNAVAILABLE),
        (Close(1012, "restarting"), Category.UNAVAILABLE),
    ],
    ids=lambda value: str(getattr(value, "code", "")),
)
async def test_a_socket_that_is_closed_too_early_is_a_failure(close: Close, category: Category) -> None:
    async with hasty_server() as server, stream_to(server) as stream:
        await feed(stream, 0, 2500)
        told = await until(stream, lambda heard: len(heard.words) == 12)
        server.end_all(close)
        results, error = await rest_of(stream)
        with pytest.raises(TranscriptionError) as refused:
            await feed(stream, 2500, 2600)
    assert error
    assert (error.category, refused.value) == (category, error)
    assert timed(words_in(told + results)) == numbers(0, 2000)


async def test_closing_ends_the_results() -> None:
    async with hasty_server() as server, stream_to(server) as stream:
        await feed(stream, 0, 1000)
        waiting = asyncio.create_task(rest_of(stream))
        await asyncio.sleep(0)
        began = time.monotonic()
        await stream.close()
        await stream.close()
        _, error = await asyncio.wait_for(waiting, 1)
        assert time.monotonic() - began < 0.2
    assert error is None


async def says(socket: ServerConnection, frames: list[str]) -> None:
    """After CloseStream, then goes without Metadata."""
    async for frame in socket:
        if isinstance(frame, str) and "CloseStream" in frame:
            for told in frames:
                await socket.send(told)
            return


ERROR = '{"type":"Error","variant":"SchemaError","description":"?","message":"{keyterms: Maya"}'
ALL_HEARD = '{"type":"Results","start":0,"duration":1,"is_final":true}'
HALF_HEARD = '{"type":"Results","start":0,"duration":0.5,"is_final":true}'
FAR_OFF = '{"type":"Results","start":-1e300,"duration":2e300,"is_final":true,"speech_final":true}'


@pytest.mark.parametrize(
    ("frames", "settled_ms", "is_complete"),
    [
        ([ERROR, ALL_HEARD], 1000, True),
        ([FAR_OFF], 1000, True),
        ([HALF_HEARD, '{"type":"Metadata"}'], 1000, True),
        ([HALF_HEARD], 500, False),
        ([], 0, False),
    ],
)
async def test_an_end_without_metadata_is_fine_if_everything_was_told(
    frames: list[str], settled_ms: int, is_complete: bool
) -> None:
    async with serve(functools.partial(says, frames=frames), "127.0.0.1", 0) as server:
        engine = build_deepgram_engine(KEY, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        with capture_logs() as logs:
            stream = await engine.open(StreamSpec(track="mixed", start_ms=0, fresh_from_ms=0))
            await feed(stream, 0, 1000)
            await stream.finish()
            results, error = await rest_of(stream)
            await engine.close()
    assert max((heard.settled_ms for heard in results), default=0) == settled_ms
    assert (error is None) == is_complete
    assert "Maya" not in str(logs)


async def part_of(server: DeepgramServer, committed_ms: int, end_ms: int) -> tuple[int, list[Word]]:
    """As a track does: from 2 s before what is committed to the end, or as far as the socket lasts."""
    start_ms = max(committed_ms - 2000, 0)
    async with stream_to(server, start_ms=start_ms, fresh_from_ms=committed_ms) as stream:
        feeding = asyncio.create_task(feed_to_the_end(stream, start_ms, end_ms))
        results, _ = await rest_of(stream)
        await feeding
    words: list[Word] = []
    for heard in results:
        if heard.is_final and heard.settled_ms > committed_ms:
            words += fresh(heard.words, committed_ms)
            committed_ms = heard.settled_ms
    return committed_ms, words


async def feed_to_the_end(stream: object, start_ms: int, end_ms: int) -> None:
    try:
        await feed(stream, start_ms, end_ms)
        await stream.finish()
    except TranscriptionError:
        pass


async def test_over_many_broken_sockets_no_word_is_lost_or_told_twice() -> None:
    faults = DeepgramFaults(abort_every_s=0.15)
    end_ms, committed_ms = 40_000, 0
    words: list[Word] = []
    async with asyncio.timeout(20), hasty_server(faults) as server:
        while committed_ms < end_ms:
            committed_ms, told = await part_of(server, committed_ms, end_ms)
            words += told
        assert len(server.sockets) >= 5
    assert timed(words) == numbers(0, end_ms)

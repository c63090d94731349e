"""What the official SDK makes of each message, and what each of its own does."""

import asyncio

import pytest
from deepgram.listen.v1 import types
from deepgram_calls import all_of, call, finals, hasty, heard_of, next_of, of_type, silence, text_of, words
from websockets.exceptions import ConnectionClosedError

IDLE_S = 10 / 50  # at the speed of the clock of `hasty`


def is_results(message: object) -> bool:
    return isinstance(message, types.ListenV1Results)


async def close_code_of(socket) -> int:
    with pytest.raises(ConnectionClosedError) as closed:
        await all_of(socket)
    return closed.value.rcvd.code


async def test_every_message_of_a_good_call_is_one_that_the_sdk_knows() -> None:
    async with hasty() as server, call(server, language="multi", diarize_model="latest") as socket:
        messages = await heard_of(socket, words(2400), silence(2600))
    kinds = [type(message) for message in messages]
    assert set(kinds) == {
        types.ListenV1SpeechStarted,
        types.ListenV1Results,
        types.ListenV1UtteranceEnd,
        types.ListenV1Metadata,
    }
    assert kinds[0] is types.ListenV1SpeechStarted
    assert kinds[-1] is types.ListenV1Metadata


async def test_results_have_all_their_fields() -> None:
    async with hasty() as server, call(server, language="multi", diarize_model="latest") as socket:
        result = finals(await heard_of(socket, words(2400)))[0]
    assert (result.channel_index, result.start, result.duration) == ([0, 1], 0, 2)
    assert (result.is_final, result.speech_final, result.from_finalize) == (True, False, False)
    assert result.metadata.model_info.arch == "nova-3"
    assert result.metadata.diarize_info.arch == "v1"
    best = result.channel.alternatives[0]
    assert (best.languages, best.confidence, len(best.words)) == (["en"], 0.99, 10)
    word = best.words[3]
    assert (word.word, word.punctuated_word, word.start, word.end) == ("n3", "n3", 0.6, 0.8)
    assert (word.speaker, word.language, word.confidence) == (0, "en", 0.99)


async def test_interims_come_before_their_final_and_only_when_asked_for() -> None:
    async with hasty() as server:
        async with call(server) as socket:
            asked = of_type(await heard_of(socket, words(2000)), "Results")
        async with call(server, interim_results=None, utterance_end_ms=None) as socket:
            unasked = of_type(await heard_of(socket, words(2000)), "Results")
    assert [result.is_final for result in asked] == [False, False, False, True, True]
    assert [result.is_final for result in unasked] == [True, True]


async def test_speech_starts_and_an_utterance_ends_with_their_times() -> None:
    async with hasty() as server, call(server) as socket:
        messages = await heard_of(socket, silence(1000), words(400), silence(2600))
    assert [message.timestamp for message in of_type(messages, "SpeechStarted")] == [1.0]
    assert [(m.channel, m.last_word_end) for m in of_type(messages, "UtteranceEnd")] == [([0, 1], 1.4)]


async def test_the_summary_at_the_end_counts_the_audio() -> None:
    async with hasty() as server, call(server) as socket:
        metadata = (await heard_of(socket, words(400), silence(100)))[-1]
        assert metadata.request_id == server.sockets[0].request_id
    assert (metadata.duration, metadata.channels, len(metadata.sha256)) == (0.5, 1, 64)
    assert metadata.created.endswith("Z")


async def test_finalize_says_what_is_open_and_the_call_goes_on() -> None:
    async with hasty() as server, call(server) as socket:
        await socket.send_media(words(400))
        await socket.send_finalize()
        flushed = await next_of(socket, lambda message: getattr(message, "from_finalize", None))
        assert text_of([flushed]) == "n0 n1"
        assert text_of(await heard_of(socket, words(400, first_block=20))) == "n2 n3"


async def test_an_empty_frame_ends_the_call() -> None:
    async with hasty() as server, call(server) as socket:
        await socket.send_media(words(400))
        await socket.send_media(b"")
        messages = await all_of(socket)
    assert text_of(messages) == "n0 n1"
    assert messages[-1].type == "Metadata"


async def test_keyterms_are_changed_while_the_call_goes_on() -> None:
    async with hasty() as server, call(server, keyterm=["Maya"]) as socket:
        await socket.send_configure(types.ListenV1Configure(keyterms=["Tom", "Lena"]))
        done = await next_of(socket, lambda message: message)
        assert isinstance(done, types.ListenV1ConfigureSuccess)
        assert done.keyterms == ["Tom", "Lena"]
        assert server.sockets[0].keyterms == ("Tom", "Lena")


@pytest.mark.parametrize(
    ("model", "terms", "code"),
    [
        ("nova-3", 501, "CONFIGURE_KEYTERM_LIMIT_EXCEEDED"),
        ("nova-2", 1, "CONFIGURE_KEYTERMS_NOT_SUPPORTED"),
    ],
)
async def test_keyterms_that_cannot_be_taken_change_nothing(model: str, terms: int, code: str) -> None:
    async with hasty() as server, call(server, model=model) as socket:
        await socket.send_configure(types.ListenV1Configure(keyterms=["term"] * terms))
        failed = await next_of(socket, lambda message: message)
        assert isinstance(failed, types.ListenV1ConfigureFailure)
        assert failed.code == code
        assert server.sockets[0].keyterms == ()
        assert text_of(await heard_of(socket, words(200))) == "n0"


async def test_text_that_is_no_command_is_answered_with_an_error_and_the_call_goes_on() -> None:
    async with hasty() as server, call(server) as socket:
        await socket._send('{"type":"Sing"}')
        error = await next_of(socket, lambda message: message)
        assert isinstance(error, types.ListenV1Error)
        assert (error.variant, error.message) == ("SchemaError", '{"type":"Sing"}')
        assert text_of(await heard_of(socket, words(200))) == "n0"


async def test_a_text_frame_that_is_no_text_ends_the_call() -> None:
    async with hasty() as server, call(server) as socket:
        await socket._websocket.write_frame(True, 1, b"\xff")
        assert await close_code_of(socket) == 1007


async def test_texts_are_kept_with_their_time() -> None:
    async with hasty() as server, call(server) as socket:
        await socket.send_keep_alive()
        await heard_of(socket)
        texts = server.sockets[0].texts
        assert [text for _, text in texts] == ['{"type": "KeepAlive"}', '{"type": "CloseStream"}']
        assert server.sockets[0].opened_at <= texts[0][0] <= texts[1][0]


async def test_without_audio_or_text_the_call_is_closed() -> None:
    async with hasty() as server, call(server) as socket:
        await socket.send_media(words(200))
        assert await close_code_of(socket) == 1011
        assert asyncio.get_running_loop().time() - server.sockets[0].opened_at >= IDLE_S


async def chat(socket, times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(IDLE_S / 4)
        await socket.send_keep_alive()


async def test_text_keeps_a_call_that_has_had_audio() -> None:
    async with hasty() as server, call(server) as socket:
        await socket.send_media(words(200))
        await chat(socket, 8)
        assert text_of(await heard_of(socket, words(200, first_block=10))) == "n0 n1"


async def test_text_does_not_keep_a_call_that_never_had_audio() -> None:
    async with hasty() as server, call(server) as socket:
        with pytest.raises(ConnectionClosedError) as closed:
            await chat(socket, 8)
    assert closed.value.rcvd.code == 1011
    assert "net0001" in closed.value.rcvd.reason


async def test_audio_without_its_encoding_cannot_be_read() -> None:
    async with hasty() as server, call(server, encoding=None, sample_rate=None) as socket:
        await socket.send_media(words(200))
        assert await close_code_of(socket) == 1008


async def test_audio_that_comes_too_early_is_answered_late() -> None:
    async with hasty(speed=8, burst_s=0.5) as server, call(server) as socket:
        began = asyncio.get_running_loop().time()
        for _ in range(4):
            await socket.send_media(words(500))
        await next_of(socket, lambda message: is_results(message) and message.is_final)
        assert asyncio.get_running_loop().time() - began >= (2 - 0.5) / (8 * 1.25) - 0.01
        assert server.sockets[0].intake.most_ahead_s > 1.5


async def test_audio_at_the_right_pace_is_never_ahead() -> None:
    async with hasty(speed=4) as server, call(server) as socket:
        for first in range(0, 100, 5):
            await socket.send_media(words(100, first_block=first))
            await asyncio.sleep(0.025)
        assert text_of(await heard_of(socket)) == " ".join(f"n{n}" for n in range(10))
        assert server.sockets[0].intake.most_ahead_s < 0.5

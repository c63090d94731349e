import asyncio
import json
import time

import pytest
from deepgram_calls import all_of, call, hasty, heard_of, next_of, of_type, text_of, words
from support import eventually

from rehearsal.deepgram.options import DeepgramFaults
from rehearsal.deepgram.outbox import frames_of

MESSAGE = {"type": "Results", "channel": {"alternatives": [{"transcript": "Hi.", "confidence": 1.0}]}}


def frames(**faults: object) -> list[str]:
    return list(frames_of(MESSAGE, DeepgramFaults(**faults)))


def test_without_a_fault_a_message_is_one_frame() -> None:
    assert [json.loads(frame) for frame in frames()] == [MESSAGE]


def test_fields_can_be_missing_at_any_depth() -> None:
    cut = json.loads(frames(missing_fields=frozenset({"confidence", "type"}))[0])
    assert cut == {"channel": {"alternatives": [{"transcript": "Hi."}]}}


def test_fields_can_be_unheard_of_at_any_depth() -> None:
    grown = json.loads(frames(unknown_fields=True)[0])
    assert grown["mood"] == grown["channel"]["mood"] == grown["channel"]["alternatives"][0]["mood"]
    assert grown["channel"]["alternatives"][0]["transcript"] == "Hi."


def test_bad_json_comes_as_often_as_it_was_ordered() -> None:
    faults = DeepgramFaults(bad_json=1)
    broken, whole = frames_of(MESSAGE, faults)
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken)
    assert json.loads(whole) == MESSAGE
    assert len(list(frames_of(MESSAGE, faults))) == 1


async def test_unknown_types_reach_the_sdk_as_nothing() -> None:
    async with hasty(DeepgramFaults(unknown_types=True)) as server, call(server) as socket:
        messages = await heard_of(socket, words(400))
    assert None in messages
    assert text_of(messages) == "n0 n1"


async def test_unknown_and_missing_fields_do_not_stop_the_sdk() -> None:
    faults = DeepgramFaults(unknown_fields=True, missing_fields=frozenset({"metadata", "confidence"}))
    async with hasty(faults) as server, call(server) as socket:
        messages = await heard_of(socket, words(400))
    assert text_of(messages) == "n0 n1"
    result = of_type(messages, "Results")[0]
    assert result.mood == ["calm"]
    assert getattr(result, "metadata", None) is None


async def test_a_broken_frame_reaches_the_client() -> None:
    async with hasty(DeepgramFaults(bad_json=1)) as server, call(server) as socket:
        await socket.send_media(words(600))
        with pytest.raises(json.JSONDecodeError):
            await socket.recv()


async def test_a_stalled_server_answers_late_and_loses_nothing() -> None:
    faults = DeepgramFaults()
    async with hasty(faults) as server, call(server) as socket:
        faults.stall_for(0.3)
        stalled_until = time.monotonic() + 0.3
        assert text_of(await heard_of(socket, words(400))) == "n0 n1"
        assert time.monotonic() >= stalled_until - 0.05


async def test_a_half_open_connection_neither_answers_nor_closes_until_it_is_mended() -> None:
    faults = DeepgramFaults()
    async with hasty(faults) as server, call(server) as socket:
        await socket.send_media(words(600))
        await next_of(socket, lambda message: message.type == "Results")
        faults.half_open = True
        await eventually(lambda: server.sockets[0].is_held)
        received_s = server.sockets[0].received_s
        await socket.send_media(words(600, first_block=30))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await socket.recv()
        assert (server.sockets[0].received_s, server.sockets[0].close_code) == (received_s, None)
        faults.half_open = False
        await socket.send_close_stream()
        assert text_of(await all_of(socket)) == "n0 n1 n2 n3 n4 n5"

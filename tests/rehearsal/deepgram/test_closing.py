import pytest
from deepgram_calls import all_of, call, finals, hasty, heard_of, next_of, of_type, silence, text_of, words
from websockets.exceptions import ConnectionClosedError

from rehearsal.deepgram.closing import CUT, NO_ANSWER, NO_AUDIO, NOT_AUDIO, Close
from rehearsal.deepgram.ears import Ear
from rehearsal.deepgram.numbered import NumberedEar, NumberedEars
from rehearsal.deepgram.options import DeepgramFaults


class BrokenEar(NumberedEar):
    async def hear(self, pcm: bytes) -> None:
        raise RuntimeError("broken")


class BrokenEars(NumberedEars):
    async def open(self, language: str, keyterms: tuple[str, ...]) -> Ear:
        return BrokenEar(lambda _: 0)


@pytest.mark.parametrize(("close", "named"), [(NO_ANSWER, "net0000"), (NO_AUDIO, "net0001"), (NOT_AUDIO, "DATA-0000")])
async def test_each_close_has_its_code_and_reason_on_the_wire(close: Close, named: str) -> None:
    async with hasty() as server, call(server) as socket:
        server.sockets[0].end(close)
        server.sockets[0].end(CUT)
        with pytest.raises(ConnectionClosedError) as closed:
            await all_of(socket)
    assert closed.value.rcvd.code == close.code
    assert named in closed.value.rcvd.reason


async def test_a_cut_has_no_close_frame() -> None:
    async with hasty() as server, call(server) as socket:
        server.end_all(CUT)
        with pytest.raises(ConnectionClosedError) as closed:
            await all_of(socket)
        assert closed.value.rcvd is None
        assert server.sockets[0].close_code == 1006


async def test_every_connection_of_a_certain_age_is_dropped() -> None:
    async with hasty(DeepgramFaults(abort_every_s=0.1)) as server:
        for _ in range(2):
            async with call(server) as socket:
                with pytest.raises(ConnectionClosedError) as closed:
                    await all_of(socket)
                assert closed.value.rcvd is None
    assert [socket.close_code for socket in server.sockets] == [1006, 1006]


async def test_finals_can_be_lost_at_the_end() -> None:
    async with hasty(DeepgramFaults(loses_finals=True)) as server, call(server) as socket:
        messages = await heard_of(socket, words(400))
        assert (text_of(messages), of_type(messages, "Metadata")) == ("", [])
        assert socket._websocket.close_code == 1000


async def test_finalize_can_stay_unanswered_though_the_words_come() -> None:
    async with hasty(DeepgramFaults(ignores_finalize=True)) as server, call(server) as socket:
        await socket.send_media(words(400))
        await socket.send_finalize()
        messages = await heard_of(socket)
    assert text_of(messages) == "n0 n1"
    assert not any(final.from_finalize for final in finals(messages))


async def test_the_end_of_an_utterance_can_be_told_again() -> None:
    async with hasty(DeepgramFaults(repeats_utterance_end=True)) as server, call(server) as socket:
        messages = await heard_of(socket, words(400), silence(2000))
    assert [message.last_word_end for message in of_type(messages, "UtteranceEnd")] == [0.4, 0.4, 0.4]


async def test_an_ear_that_breaks_closes_the_call_as_a_vendor_would() -> None:
    async with hasty(ears=BrokenEars()) as server, call(server) as socket:
        await socket.send_media(words(600))
        with pytest.raises(ConnectionClosedError) as closed:
            await next_of(socket, lambda _: False)
    assert closed.value.rcvd.code == 1011

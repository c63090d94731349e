"""The stand-in, driven by the official SDK and by bare HTTP."""

import asyncio

import aiohttp
import httpx
import pytest
from deepgram.core.api_error import ApiError
from deepgram_calls import all_of, call, client, finals, hasty, heard_of, next_of, silence, text_of, words, words_of
from support import eventually
from websockets.exceptions import ConnectionClosedError

from rehearsal.deepgram.closing import NO_ANSWER
from rehearsal.deepgram.ears import Ear
from rehearsal.deepgram.numbered import NumberedEars
from rehearsal.deepgram.options import DeepgramFaults
from shared.config import Secret
from shared.errors import Category, TranscriptionError

SECRET = Secret("dg-rehearsal")


class FullEars:
    """There is no slot."""

    def __init__(self, category: Category) -> None:
        self._category = category

    async def open(self, language: str, keyterms: tuple[str, ...]) -> Ear:
        raise TranscriptionError("no ear is free", category=self._category)


async def get(url: str, key: str) -> tuple[int, dict]:
    headers = {"Authorization": f"Token {key}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as response:
        return response.status, await response.json()


async def status_of_refusal(server) -> int | None:
    with pytest.raises(ApiError) as refused:
        async with call(server):
            pass
    return refused.value.status_code


async def test_a_meeting_is_heard_from_its_first_word_to_its_last() -> None:
    async with hasty() as server, call(server) as socket:
        messages = await heard_of(socket, *(words(100, first_block=first) for first in range(0, 500, 5)))
        assert text_of(messages) == " ".join(f"n{n}" for n in range(50))
        assert [final.start for final in finals(messages)] == [0, 2, 4, 6, 8, 10]
        assert messages[-1].type == "Metadata"
        assert socket._websocket.close_code == 1000


async def test_times_begin_at_zero_on_every_connection() -> None:
    async with hasty() as server:
        for _ in range(2):
            async with call(server) as socket:
                assert words_of(await heard_of(socket, words(400, first_block=120)))[0].start == 0
        assert len(server.sockets) == 2


async def test_speakers_are_numbered_anew_on_every_connection() -> None:
    ears = NumberedEars(lambda text: 0 if int(text[1:]) < 10 else 1)
    async with hasty(ears=ears) as server:
        async with call(server, diarize_model="latest") as socket:
            first = await heard_of(socket, words(600, first_block=80))
        async with call(server, diarize_model="latest") as socket:
            second = await heard_of(socket, words(600, first_block=100))
    assert [word.speaker for word in words_of(first)] == [0, 0, 1]
    assert [word.speaker for word in words_of(second)] == [0, 0, 0]


async def test_a_socket_remembers_what_it_was_asked_and_sent() -> None:
    async with hasty() as server:
        async with call(server, keyterm=["Maya", "stand-up"]) as client_side:
            await heard_of(client_side, words(400), silence(100))
        socket = await server.wait_for_socket()
        async with asyncio.timeout(5):
            await socket.closed.wait()
    assert socket.query["model"] == "nova-3"
    assert socket.query.getall("keyterm") == ["Maya", "stand-up"]
    assert socket.keyterms == ("Maya", "stand-up")
    assert socket.received_s == pytest.approx(0.5)
    assert (socket.close_code, server.open_sockets) == (1000, [])


async def test_one_socket_more_than_the_limit_is_refused_until_one_ends() -> None:
    async with hasty(concurrency=1) as server:
        async with call(server) as socket:
            assert await status_of_refusal(server) == 429
            await heard_of(socket)
        async with call(server) as socket:
            assert text_of(await heard_of(socket, words(400))) == "n0 n1"
        assert server.refused == [429]


@pytest.mark.parametrize(("category", "status"), [(Category.RATE_LIMIT, 429), (Category.UNAVAILABLE, 500)])
async def test_ears_that_cannot_be_opened_refuse_the_handshake(category: Category, status: int) -> None:
    async with hasty(ears=FullEars(category)) as server:
        assert await status_of_refusal(server) == status
        assert server.sockets == []


async def test_a_slow_handshake_succeeds_in_the_end() -> None:
    async with hasty(DeepgramFaults(accept_delay_s=0.2)) as server:
        began = asyncio.get_running_loop().time()
        async with call(server):
            assert asyncio.get_running_loop().time() - began >= 0.2


async def test_sockets_can_be_ended_from_the_servers_side() -> None:
    async with hasty() as server, call(server) as socket:
        server.end_all(NO_ANSWER)
        with pytest.raises(ConnectionClosedError) as closed:
            await all_of(socket)
    assert closed.value.rcvd.code == 1011
    assert "net0000" in closed.value.rcvd.reason


async def test_the_end_of_the_server_leaves_its_clients_without_a_goodbye() -> None:
    async with hasty() as server:
        calling = call(server)
        socket = await calling.__aenter__()
    with pytest.raises(ConnectionClosedError) as closed:
        await all_of(socket)
    assert closed.value.rcvd is None
    await calling.__aexit__(None, None, None)


async def test_a_client_that_vanishes_frees_its_slot() -> None:
    async with hasty() as server:
        async with call(server) as socket:
            await socket.send_media(words(600))
            await next_of(socket, lambda message: message.type == "Results")
        await eventually(lambda: not server.open_sockets)
        assert server.sockets[0].close_code == 1006


@pytest.mark.parametrize("path", ["/v1/projects", "/v1/auth/token"])
async def test_a_key_is_checked_over_rest(path: str) -> None:
    async with hasty(api_key=SECRET) as server:
        assert (await get(server.url + path, SECRET.reveal()))[0] == 200
        status, body = await get(server.url + path, "wrong")
        assert (status, body["err_code"]) == (401, "INVALID_AUTH")


async def test_the_sdk_lists_the_project() -> None:
    async with hasty(api_key=SECRET) as server, httpx.AsyncClient() as http:
        listed = await client(server, SECRET.reveal(), http).manage.v1.projects.list()
    assert [project.name for project in listed.projects] == ["rehearsal"]

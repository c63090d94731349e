import aiohttp
import pytest
from deepgram.core.api_error import ApiError
from deepgram_calls import call, hasty, heard_of, text_of, words

from rehearsal.deepgram.options import DeepgramFaults
from shared.config import Secret

SECRET = Secret("dg-rehearsal")


async def refusal_of(server, **changes: object) -> tuple[int | None, dict]:
    """As the SDK shows it: the headers are on the cause."""
    with pytest.raises(ApiError) as refused:
        async with call(server, **changes):
            pass
    return refused.value.status_code, refused.value.__context__.headers


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"encoding": "mp3"}, "encoding"),
        ({"sample_rate": 44100}, "sample_rate"),
        ({"model": "nova-9"}, "model"),
        ({"keyterm": ["word"] * 501}, "Keyterm limit exceeded"),
    ],
)
async def test_an_option_that_is_refused_is_named_in_the_headers(changes: dict, named: str) -> None:
    async with hasty() as server:
        status, headers = await refusal_of(server, **changes)
    assert status == 400
    assert named in headers["dg-error"]
    assert headers["dg-request-id"]


async def test_the_body_of_a_refusal_says_the_same() -> None:
    async with (
        hasty() as server,
        aiohttp.ClientSession(headers={"Authorization": "Token any"}) as session,
        session.get(f"{server.url}/v1/listen?model=nova-3") as response,
    ):
        body = await response.json()
    assert response.status == 400
    assert body == {
        "err_code": "INVALID_QUERY_PARAMETER",
        "err_msg": response.headers["dg-error"],
        "request_id": response.headers["dg-request-id"],
    }


async def test_only_the_right_key_comes_in() -> None:
    async with hasty(api_key=SECRET) as server:
        status, headers = await refusal_of(server, key="wrong")
        assert (status, headers["dg-error"]) == (401, "Invalid credentials.")
        async with call(server, key=SECRET.reveal()) as socket:
            assert text_of(await heard_of(socket, words(200))) == "n0"


async def test_without_any_key_nobody_comes_in() -> None:
    async with (
        hasty() as server,
        aiohttp.ClientSession() as session,
        session.get(f"{server.url}/v1/projects") as response,
    ):
        assert response.status == 401


async def test_an_accepted_handshake_has_its_request_id() -> None:
    async with hasty() as server, call(server) as socket:
        assert socket._websocket.response_headers["dg-request-id"] == server.sockets[0].request_id


async def test_refusals_are_given_in_order_one_to_a_handshake() -> None:
    faults = DeepgramFaults()
    faults.refusals.extend([401, 402, 403, 429, 500])
    async with hasty(faults) as server:
        statuses = [(await refusal_of(server))[0] for _ in range(5)]
        async with call(server) as socket:
            assert text_of(await heard_of(socket, words(200))) == "n0"
    assert statuses == server.refused == [401, 402, 403, 429, 500]


async def test_all_are_refused_for_a_while() -> None:
    faults = DeepgramFaults()
    async with hasty(faults) as server:
        faults.refuse_for(60)
        assert [(await refusal_of(server))[0] for _ in range(2)] == [429, 429]
        faults.refuse_for(0)
        async with call(server) as socket:
            assert text_of(await heard_of(socket, words(200))) == "n0"

"""One call: signed so that the official library believes it, and bounded whatever the other side does."""

import time

import pytest
from aiohttp.abc import AbstractResolver
from receivers import raw_server, receiver
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from gateway.hooks.courier import Courier, retry_after
from gateway.hooks.endpoints import new_secret
from shared.ports import free_port

SECRET, OLD = new_secret("a"), new_secret("b")
BODY = b'{"type":"line"}'
CANARY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
async def courier():
    made = Courier(private_allowed=True, within_s=0.5)
    yield made
    await made.close()


async def call(courier: Courier, url: str, *keys: bytes):
    return await courier.call(url, "msg_1", BODY, keys or (SECRET.key,))


class TestSigning:
    async def test_the_official_library_takes_it_by_either_secret_and_by_no_other(self, courier):
        async with receiver() as there:
            assert (await call(courier, there.url, SECRET.key, OLD.key)).is_taken
            assert there.verified(SECRET.value) == there.verified(OLD.value) == {"type": "line"}
            with pytest.raises(WebhookVerificationError):
                there.verified(new_secret("c").value)
            with pytest.raises(WebhookVerificationError):
                Webhook(SECRET.value).verify("{}", there.headers[-1])

    async def test_it_says_who_calls_and_sends_no_cookie(self, courier):
        async with receiver() as there:
            for _ in range(2):
                await call(courier, there.url)
            assert there.headers[-1]["user-agent"] == "chimein-webhooks/1"
            assert "cookie" not in there.headers[-1]


class TestBounds:
    @pytest.mark.parametrize(
        ("reply", "told"),
        [
            (b"", "hung up"),
            (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "refused (500)"),
            (b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "refused (404)"),
            (b"SSH-2.0-OpenSSH_9\r\n", "cannot be read"),
            (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", "cannot be read"),
            (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000, "cannot be read"),
        ],
    )
    async def test_what_is_no_good_answer_is_told_in_words(self, courier, reply, told):
        async with raw_server(reply) as (url, _):
            answer = await call(courier, url)
        assert (answer.is_taken, told in answer.told) == (False, True), answer.told

    @pytest.mark.parametrize("reply", [b"", b"HTTP/1.1 200 OK\r\nX: sl"])
    async def test_who_answers_nothing_or_never_ends_its_head_is_not_waited_for(self, courier, reply):
        begun = time.monotonic()
        async with raw_server(reply, hangs=True) as (url, _):
            answer = await call(courier, url)
        assert (answer.is_taken, answer.told) == (False, "no answer in time")
        assert time.monotonic() - begun < 2

    async def test_an_endless_body_is_not_read(self, courier):
        reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + b"x" * 65536 + b"\r\n"
        async with raw_server(reply, hangs=True) as (url, _):
            answer = await call(courier, url)
        assert answer.is_taken
        assert answer.took_ms < 400

    async def test_a_redirect_is_not_followed(self, courier):
        async with raw_server(CANARY) as (canary, got):
            for status in (301, 302, 303, 307, 308):
                reply = f"HTTP/1.1 {status} Go\r\nLocation: {canary}\r\nContent-Length: 0\r\n\r\n".encode()
                async with raw_server(reply) as (url, _):
                    answer = await call(courier, url)
                assert (answer.is_taken, answer.status) == (False, status)
        assert got == []

    async def test_nobody_there_is_told(self, courier):
        assert (await call(courier, f"http://127.0.0.1:{free_port()}/")).told == "it cannot be reached"

    async def test_the_time_to_come_back_is_taken_from_the_answer(self, courier):
        reply = b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"
        async with raw_server(reply) as (url, _):
            assert (await call(courier, url)).retry_after_s == 7.0
        assert [retry_after(text) for text in ("", "-1", "soon", "1e9", "nan")][:4] == [0.0, 0.0, 0.0, 1e9]


class Rebinding(AbstractResolver):
    """A name that leads to this machine."""

    async def resolve(self, host, port=0, family=0):
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": 2, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        """Nothing to close."""


class TestAddresses:
    async def test_no_private_address_is_ever_connected_to(self):
        courier = Courier(private_allowed=False, within_s=1.0, names=Rebinding())
        async with raw_server(CANARY) as (canary, got):
            port = canary.rpartition(":")[2].partition("/")[0]
            hosts = (
                "127.0.0.1",
                "localhost",
                "2130706433",
                "0x7f000001",
                "127.1",
                "[::ffff:127.0.0.1]",
                "a.example.org",
            )
            for host in hosts:
                answer = await call(courier, f"https://{host}:{port}/")
                assert (answer.is_taken, answer.told) == (
                    False,
                    "not called: the address does not lead to a public address",
                )
        await courier.close()
        assert got == []

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from ears import Ear
from meetings_played import QUICK

from rehearsal.heard import Heard
from rehearsal.recall.endpoints import Endpoint
from rehearsal.recall.frames import Origin, audio
from rehearsal.recall.options import Faults, Options
from rehearsal.recall.order import EndpointOrder
from rehearsal.recall.platform import Platform
from rehearsal.recall.webhooks import Webhooks
from shared.config import Secret

SECRET = Secret("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
ORIGIN = Origin(bot_id="bot1", recording_id="rec1", endpoint_id="r1", started_at=datetime(2026, 1, 10, tzinfo=UTC))


@contextlib.asynccontextmanager
async def endpoint_to(ear: Ear, faults: Faults | None = None, **options: object) -> AsyncIterator[Endpoint]:
    chosen = Options(**{"delays": QUICK, **options})
    platform = Platform(chosen, faults or Faults(), Webhooks(chosen), Heard())
    order = EndpointOrder(type="websocket", url=ear.url, events=["audio_mixed_raw.data"])
    endpoint = Endpoint(order, ORIGIN, platform, lambda _: None)
    await endpoint.line.tried.wait()
    yield endpoint
    await endpoint.hang_up()


def say(endpoint: Endpoint, source_ms: float) -> None:
    endpoint.notice_reconnect(source_ms)
    endpoint.say(audio(endpoint.origin, bytes(640), source_ms), source_ms)


async def reconnect(endpoint: Endpoint, ear: Ear) -> None:
    """Once what was said has arrived."""
    said = len(ear.handshakes)
    endpoint.line.cut()
    await ear.wait_until(lambda: len(ear.close_codes) == said)
    await ear.wait_until(lambda: len(ear.handshakes) > said)
    async with asyncio.timeout(5):
        while endpoint.line.connections == said:
            await asyncio.sleep(0.001)


def heard(ear: Ear) -> list[tuple[str, float]]:
    return [
        (message["data"]["recording"]["id"], message["data"]["data"]["timestamp"]["relative"])
        for message in ear.messages
    ]


@pytest.mark.parametrize(
    ("after", "relative", "is_same"), [("", 60.0, True), ("clock", 0.0, True), ("recording", 0.0, False)]
)
async def test_what_begins_anew_after_a_reconnect(ear: Ear, after: str, relative: float, *, is_same: bool) -> None:
    async with endpoint_to(ear, Faults(after_reconnect=after)) as endpoint:
        say(endpoint, 1000)
        await ear.wait_until(lambda: ear.messages)
        await reconnect(endpoint, ear)
        say(endpoint, 60_000)
        say(endpoint, 60_020)
        await ear.wait_until(lambda: len(ear.messages) == 3)
    (before, _), (first, at), (second, later) = heard(ear)
    assert (at, round(later - at, 3)) == (relative, 0.02)
    assert ((before == first), first == second) == (is_same, True)


async def test_absolute_time_goes_on_when_relative_time_begins_anew(ear: Ear) -> None:
    async with endpoint_to(ear, Faults(after_reconnect="clock")) as endpoint:
        say(endpoint, 1000)
        await ear.wait_until(lambda: ear.messages)
        await reconnect(endpoint, ear)
        say(endpoint, 60_000)
        await ear.wait_until(lambda: len(ear.messages) == 2)
    moments = [message["data"]["data"]["timestamp"]["absolute"] for message in ear.messages]
    assert moments == ["2026-01-10T00:00:01.000000Z", "2026-01-10T00:01:00.000000Z"]


async def test_the_last_seconds_can_be_sent_again_with_what_was_missed_in_them(ear: Ear) -> None:
    async with endpoint_to(ear, Faults(resend_s=2)) as endpoint:
        for second in range(5):
            say(endpoint, second * 1000)
        await ear.wait_until(lambda: len(ear.messages) == 5)
        await reconnect(endpoint, ear)
        say(endpoint, 5000)
        await ear.wait_until(lambda: len(ear.messages) >= 9)
    assert [at for _, at in heard(ear)] == [0, 1, 2, 3, 4, 2, 3, 4, 5]


async def test_an_older_workspace_signs_no_handshake(ear: Ear) -> None:
    async with endpoint_to(ear, webhook_secret=SECRET, signed_as="svix"):
        pass
    assert not [name for name in ear.handshakes[0][1] if name.startswith(("webhook-", "svix-"))]


async def test_it_is_described_as_documented(ear: Ear) -> None:
    async with endpoint_to(ear) as endpoint:
        described = endpoint.described()
    assert {**described, "created_at": 0, "status": {**described["status"], "updated_at": 0}} == {
        "id": "r1",
        "created_at": 0,
        "recording": {"id": "rec1", "metadata": {}},
        "metadata": {},
        "type": "websocket",
        "status": {"code": "running", "sub_code": None, "updated_at": 0},
        "url": ear.url,
        "events": ["audio_mixed_raw.data"],
    }
    assert endpoint.described()["status"]["code"] == "done"

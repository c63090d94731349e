"""Promise 16 for the bots' sockets: who may not come in is refused before the handshake ends and before any write."""

import time

import pytest
from support import free_port, new_meeting
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from ingest.doors import Doors
from ingest.producer import Producer
from ingest.sockets import SocketServer
from rehearsal.made_meetings import SECRET, socket_path
from rehearsal.recall_webhooks import sign
from shared.bus import Bus
from shared.clock import SystemClock
from shared.config import Secret, signing_keys
from shared.socket_tokens import GOOD_FOR_S, new_token
from shared.streams import STATUS, MeetingKeys

OLD, NEW, OTHER = (
    "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=",
    "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldCBrZXkgaGVyZSE=",
)
Headers = dict[str, str]


def signed(secret: str = NEW, *, age_s: float = 0, body: bytes = b"", family: str = "webhook") -> Headers:
    at = int(time.time() - age_s)
    return {
        f"{family}-id": "msg_1",
        f"{family}-timestamp": str(at),
        f"{family}-signature": sign(secret, "msg_1", at, body),
    }


GOOD = {
    "signed with the new secret": signed(),
    "signed with the old secret": signed(OLD),
    "of the older family of headers": signed(family="svix"),
    "with another's signature beside it": signed() | {"webhook-signature": "v1,AAAA " + signed()["webhook-signature"]},
}
BAD = {
    "without a signature": {},
    "of another secret": signed(OTHER),
    "too old": signed(age_s=301),
    "of the future": signed(age_s=-301),
    "of another body": signed(body=b"x"),
    "with another id": signed() | {"webhook-id": "msg_2"},
    "cut short": signed() | {"webhook-signature": signed()["webhook-signature"][:-2]},
    "of another version": signed() | {"webhook-signature": signed()["webhook-signature"].replace("v1", "v2")},
    "not base64": signed() | {"webhook-signature": "v1,ä"},
}


class Rig:
    """An ingest with two live secrets, and the state of its Redis."""

    def __init__(self, bus: Bus, port: int) -> None:
        self.bus, self.port = bus, port

    async def knock(self, path: str, headers: Headers) -> int:
        """The HTTP status of the answer."""
        try:
            async with connect(f"ws://127.0.0.1:{self.port}{path}", additional_headers=headers, compression=None):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code

    async def snapshot(self, meeting_id: str) -> tuple[object, ...]:
        """All that a door could have written."""
        keys = MeetingKeys(meeting_id)
        state = await self.bus.redis.hgetall(keys.state)
        return await self.bus.redis.dbsize(), state, await self.bus.redis.xlen(keys.timeline)


@pytest.fixture
async def rig(bus: Bus):
    clock, port = SystemClock(), free_port()
    doors = Doors(bus, clock, signing_keys(Secret(f"{NEW},{OLD}")))
    async with await SocketServer(doors, Producer(bus, clock), clock).start("127.0.0.1", port):
        yield Rig(bus, port)


@pytest.mark.parametrize("headers", GOOD.values(), ids=GOOD.keys())
async def test_a_handshake_is_good(rig: Rig, headers: Headers) -> None:
    meeting_id = await new_meeting(rig.bus)
    assert await rig.knock(socket_path(meeting_id), headers) == 101


@pytest.mark.parametrize("headers", BAD.values(), ids=BAD.keys())
async def test_a_handshake_is_refused(rig: Rig, headers: Headers) -> None:
    meeting_id = await new_meeting(rig.bus)
    before = await rig.snapshot(meeting_id)
    assert await rig.knock(socket_path(meeting_id), headers) == 401
    assert await rig.snapshot(meeting_id) == before


async def test_tokens_that_are_missing_wrong_expired_or_anothers_get_one_answer(rig: Rig) -> None:
    meeting_id, other = await new_meeting(rig.bus), await new_meeting(rig.bus)
    unknown = "m-03-" + "a" * 20
    here = f"/recall/{meeting_id}/"
    before = await rig.snapshot(meeting_id)
    for path in (
        here,
        f"{here}?token=",
        f"{here}?token=wrong",
        f"{here}?token={new_token(SECRET, meeting_id, time.time() - GOOD_FOR_S - 1)}",
        f"{here}?token={new_token(SECRET, other, time.time())}",
        f"{here}?token={new_token('guessed', meeting_id, time.time())}",
        socket_path(unknown),
        "/recall/../?token=x",
    ):
        assert await rig.knock(path, signed()) == 403, path
    assert await rig.snapshot(meeting_id) == before


async def test_a_token_ends_with_its_meeting(rig: Rig) -> None:
    meeting_id = await new_meeting(rig.bus)
    path = socket_path(meeting_id)
    assert await rig.knock(path, signed()) == 101
    await rig.bus.redis.hset(MeetingKeys(meeting_id).state, STATUS, "ended")
    before = await rig.snapshot(meeting_id)
    assert await rig.knock(path, signed()) == 403
    assert await rig.snapshot(meeting_id) == before


async def test_unknown_and_not_yours_take_equally_long(rig: Rig) -> None:
    meeting_id, unknown = await new_meeting(rig.bus), "m-03-" + "a" * 20
    wrong, absent = [], []
    for _ in range(60):
        wrong.append(await timed(rig, f"/recall/{meeting_id}/?token=1999999999.{'0' * 64}"))
        absent.append(await timed(rig, f"/recall/{unknown}/?token=1999999999.{'0' * 64}"))
    assert sorted(wrong)[30] == pytest.approx(sorted(absent)[30], rel=0.35)


async def timed(rig: Rig, path: str) -> float:
    began = time.perf_counter()
    assert await rig.knock(path, signed()) == 403
    return time.perf_counter() - began

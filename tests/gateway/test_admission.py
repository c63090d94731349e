"""A meeting that nobody has room for is refused before a bot is sent."""

import pytest

from gateway.admission import has_room
from shared.clock import SystemClock
from shared.events import BotJoined, effect
from shared.heartbeat import Heartbeat, beat
from shared.streams import INGEST, SHARDS, TRANSCRIBER

CLOCK = SystemClock()
BODY = {"meeting_url": "https://meet.google.com/abc-defg-hij"}


def beating(**fields) -> Heartbeat:
    return Heartbeat(at=CLOCK.now_ms(), ready=True, **fields)


def takes_bot(command):
    return [effect(BotJoined, command, "joined", CLOCK, bot_id="bot-1")]


@pytest.mark.parametrize(
    ("beats", "meetings", "expected"),
    [
        ([beating()], 500, True),
        ([beating(is_full=True)], 0, False),
        ([beating(is_full=True), beating()], 500, True),
        ([beating(most=3), beating(most=3)], 5, True),
        ([beating(most=3), beating(most=3)], 6, False),
        ([beating(most=3), beating()], 60, True),
    ],
)
def test_room_is_what_any_worker_of_the_role_has(beats, meetings, expected):
    assert has_room(beats, meetings) is expected


async def test_a_join_with_full_transcribers_is_refused_with_the_remedy(rig):
    rig.play(INGEST, takes_bot, shards=range(SHARDS))
    await beat(rig.bus.redis, TRANSCRIBER, "w1", beating(is_full=True, load=40))
    answer = await rig.client.post("/meetings/join", json=BODY)
    problem = await answer.json()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert problem["type"] == "urn:chimein:problem:no-room"
    assert "python -m transcriber" in problem["detail"]
    assert rig.workers.commands == []


async def test_who_was_refused_may_come_back_under_the_same_key(rig):
    rig.play(INGEST, takes_bot, shards=range(SHARDS))
    key = {"Idempotency-Key": "again"}
    await beat(rig.bus.redis, TRANSCRIBER, "w1", beating(is_full=True))
    assert (await rig.client.post("/meetings/join", json=BODY, headers=key)).status == 503
    await beat(rig.bus.redis, TRANSCRIBER, "w1", beating())
    first = await rig.client.post("/meetings/join", json=BODY, headers=key)
    await beat(rig.bus.redis, TRANSCRIBER, "w1", beating(is_full=True))
    second = await rig.client.post("/meetings/join", json=BODY, headers=key)
    assert (first.status, second.status) == (201, 201)
    assert (await first.json())["meeting_id"] == (await second.json())["meeting_id"]


async def test_meetings_that_were_let_in_a_moment_ago_count(rig):
    rig.play(INGEST, takes_bot, shards=range(SHARDS))
    await beat(rig.bus.redis, TRANSCRIBER, "w1", beating(most=1))
    first = await rig.client.post("/meetings/join", json=BODY)
    other = await rig.client.post("/meetings/join", json={"meeting_url": "https://meet.google.com/xyz-defg-hij"})
    assert (first.status, other.status) == (201, 503)

"""Rooms at the gateway: opened without an account, entered with a name, shared by an invitation."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.clock import SystemClock
from shared.config import Secret
from shared.events import BotJoined, JoinMeeting, effect
from shared.socket_tokens import guest_subject, is_good, media_subject, new_token, room_subject
from shared.streams import INGEST, PLATFORM, SHARDS, SOCKET_TOKEN, STATUS, MeetingKeys

SECRET = "very secret"


async def room_in(rig, **state) -> str:
    return await rig.meeting(**{PLATFORM: "room", SOCKET_TOKEN: SECRET, **state})


def takes_all(command):
    return [effect(BotJoined, command, "joined", SystemClock(), bot_id="room/x/1")]


async def test_every_join_of_a_room_opens_a_new_one_that_speaks_in_its_page(rig):
    rig.play(INGEST, takes_all, shards=range(SHARDS))
    first, second = [await rig.client.post("/meetings/join", json={"meeting_url": "room:"}) for _ in range(2)]
    assert (first.status, second.status) == (201, 201)
    told = await first.json()
    assert told["platform"] == "room"
    assert told["meeting_id"] != (await second.json())["meeting_id"]
    joins = [command for command in rig.workers.commands if isinstance(command, JoinMeeting)]
    assert {join.settings.outlet for join in joins} == {"room"}


async def test_a_named_room_is_one_room(rig):
    rig.play(INGEST, takes_all, shards=range(SHARDS))
    first = await rig.client.post("/meetings/join", json={"meeting_url": "room:weekly"})
    second = await rig.client.post("/meetings/join", json={"meeting_url": "Room:Weekly"})
    assert (first.status, second.status) == (201, 200)
    assert (await second.json())["meeting_id"] == (await first.json())["meeting_id"]


async def test_whoever_enters_gets_a_socket_a_sound_and_an_invitation(rig):
    meeting_id = await room_in(rig)
    answer = await rig.client.post(f"/meetings/{meeting_id}/enter", json={})
    told, now = await answer.json(), time.time()
    assert answer.status == 200
    socket = urlsplit(told["socket_url"])
    token = parse_qs(socket.query)["token"][0]
    assert (socket.scheme, socket.netloc, socket.path) == ("ws", "127.0.0.1:8001", f"/room/{meeting_id}/")
    assert is_good(token, SECRET, room_subject(meeting_id, told["participant_id"]), now)
    assert is_good(told["sound_path"].split("/")[3], SECRET, media_subject(meeting_id), now)
    assert is_good(told["invitation"].split("/")[3], SECRET, guest_subject(meeting_id), now)


async def test_whoever_comes_back_is_the_same_person(rig):
    meeting_id = await room_in(rig)
    wanted = {"participant_id": "p-0123456789ab"}
    told = await (await rig.client.post(f"/meetings/{meeting_id}/enter", json=wanted)).json()
    assert told["participant_id"] == "p-0123456789ab"


@pytest.mark.parametrize("wrong", ["p-1", "../x", "mixed", "p-0123456789abc"])
async def test_a_track_of_another_kind_cannot_be_asked_for(rig, wrong):
    meeting_id = await room_in(rig)
    answer = await rig.client.post(f"/meetings/{meeting_id}/enter", json={"participant_id": wrong})
    assert answer.status == 422


async def test_only_rooms_that_are_open_can_be_entered(rig):
    call, over = await rig.meeting(), await room_in(rig, **{STATUS: "ended"})
    for meeting_id, slug in ((call, "not-a-room"), (over, "meeting-over")):
        answer = await rig.client.post(f"/meetings/{meeting_id}/enter", json={})
        assert (answer.status, (await answer.json())["type"]) == (409, f"urn:chimein:problem:{slug}")
    assert (await rig.client.post("/meetings/m-07-" + "0" * 20 + "/enter", json={})).status == 404


async def test_an_invitation_opens_a_page_and_the_room_without_a_key(rig_with):
    async with rig_with(chimein_api_keys=Secret("a key of some length")) as rig:
        meeting_id = await room_in(rig)
        assert (await rig.client.post(f"/meetings/{meeting_id}/enter", json={})).status == 401
        door = f"/room/{meeting_id}/{new_token(SECRET, guest_subject(meeting_id), time.time())}"
        page = await rig.client.get(f"{door}/")
        assert (page.status, page.content_type) == (200, "text/html")
        assert (await rig.client.post(f"{door}/enter", json={})).status == 200


@pytest.mark.parametrize("wrong", ["x", "a microphone's", "expired", "other room", "erased"])
async def test_other_invitations_open_nothing(rig, wrong):
    meeting_id, other, now = await room_in(rig), await room_in(rig), time.time()
    good = new_token(SECRET, guest_subject(meeting_id), now)
    tokens = {
        "a microphone's": new_token(SECRET, room_subject(meeting_id, "p-0123456789ab"), now),
        "expired": new_token(SECRET, guest_subject(meeting_id), now - 90_000),
        "other room": new_token(SECRET, guest_subject(other), now),
        "erased": good,
    }
    if wrong == "erased":
        await rig.bus.redis.delete(MeetingKeys(meeting_id).state)
    door = f"/room/{meeting_id}/{tokens.get(wrong, wrong)}"
    assert (await rig.client.get(f"{door}/")).status == 404
    assert (await rig.client.post(f"{door}/enter", json={})).status == 404


async def test_pages_may_connect_to_ingest_and_nowhere_else(rig_with):
    async with rig_with(websocket_domain="ears.example.org") as rig:
        policy = (await rig.client.get("/")).headers["Content-Security-Policy"]
        assert "connect-src 'self' wss://ears.example.org;" in policy

"""The contract of the live feed as bytes: what is sent today is what clients were told in docs/live-feed.md."""

import json
import re
from pathlib import Path

import msgspec
import pytest

from gateway.feed import coverage_now
from gateway.frames import Seen, frame_of, type_of
from shared.bus import Bus
from shared.events import CODEC, AnyEvent, kinds, tag_of
from shared.streams import MeetingKeys

GOLDEN = Path(__file__).parent / "golden" / "feed.jsonl"
FRAMES = [json.loads(row) for row in GOLDEN.read_text().splitlines()]
TOLD = (Path(__file__).parents[2] / "docs" / "live-feed.md").read_text()
MEETING = "m-07-00000000000000000000"
PAGE = ("meeting.snapshot", "coverage.changed")
HEARD = {
    "status": "listening",
    "status_at": "1790000002000",
    "heard_at": "1790000007000",
    "received:mixed": "7000",
    "committed:mixed": "6200",
}


def event_in(frame: dict) -> AnyEvent:
    return msgspec.convert(frame["data"], AnyEvent)


EVENTS = [frame for frame in FRAMES if frame["type"] not in PAGE]


async def kept(bus: Bus) -> None:
    """The meeting of the golden frames, under the very ids that they carry."""
    keys = MeetingKeys(MEETING)
    await bus.redis.hset(keys.state, "status", "listening")
    for frame in EVENTS:
        kind, body = CODEC.encode(event_in(frame))
        stream, entry_id = (keys.timeline, frame["id"]) if frame["id"] else (keys.live, "*")
        await bus.redis.xadd(stream, {CODEC.TYPE: kind, CODEC.BODY: body}, id=entry_id)


@pytest.mark.parametrize("frame", EVENTS, ids=[frame["type"] for frame in EVENTS])
def test_each_event_is_framed_as_it_was(frame):
    seen = Seen(event_in(frame), frame["id"] or "")
    assert json.loads(frame_of(seen)) == frame
    assert type_of(seen.event) == frame["type"]


def test_coverage_is_framed_as_it_was():
    golden = next(frame for frame in FRAMES if frame["type"] == "coverage.changed")
    assert json.loads(frame_of(Seen(coverage_now(MEETING, HEARD, 1_790_000_007_500), ""))) == golden


async def test_a_socket_gets_exactly_these_frames(rig):
    await kept(rig.bus)
    async with rig.client.ws_connect(f"/meetings/{MEETING}/live") as socket:
        frames = [await socket.receive_json() for _ in EVENTS]
    assert [frame for frame in frames if frame["id"]] == [frame for frame in EVENTS if frame["id"]]
    assert [frame for frame in frames if not frame["id"]] == [frame for frame in EVENTS if not frame["id"]]


async def test_server_sent_events_carry_the_same(rig):
    await kept(rig.bus)
    async with rig.client.get(f"/meetings/{MEETING}/events") as response:
        sent = b""
        while sent.count(b"\n\n") < len(EVENTS):
            sent += await response.content.readany()
    found = []
    for block in sent.decode().split("\n\n")[: len(EVENTS)]:
        fields = dict(row.split(": ", 1) for row in block.split("\n"))
        found.append({"id": fields.get("id"), "type": fields["event"], "data": json.loads(fields["data"])})
    assert sorted(map(str, found)) == sorted(map(str, EVENTS))


async def test_the_snapshot_holds_what_the_frames_before_it_said(rig):
    await kept(rig.bus)
    async with rig.client.ws_connect(f"/meetings/{MEETING}/live?snapshot=true") as socket:
        frame = await socket.receive_json()
    golden = next(frame for frame in FRAMES if frame["type"] == "meeting.snapshot")
    del golden["data"]["meeting"]["spending"], frame["data"]["meeting"]["spending"]  # depends on the price table
    assert frame == golden


def test_the_contract_names_every_type_that_a_watcher_may_get():
    commands = {"meeting.join", "meeting.leave", "meeting.erase", "bot.report_status"}
    commands |= {"question.ask", "text.say", "brief.write", "words.erase"}
    named = set(re.findall(r"`([a-z]+\.[a-z_]+)`", TOLD))
    assert {tag_of(kind) for kind in kinds()} - commands | set(PAGE) <= named


def test_the_golden_frames_show_draft_final_and_correction_of_one_line():
    line = next(frame["data"]["line"] for frame in EVENTS if frame["type"] == "line.heard")
    draft = next(frame["data"] for frame in EVENTS if frame["type"] == "caption.changed")
    corrected = next(frame["data"] for frame in EVENTS if frame["type"] == "line.speaker_corrected")
    assert (corrected["line_id"], draft["track"]) == (line["id"], line["track"])

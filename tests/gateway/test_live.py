"""Watching a meeting over SSE and WebSocket: everything once, in order, also across reconnects and restarts."""

import asyncio
import contextlib

import aiohttp
import msgspec
import pytest
from support import eventually

from gateway.metrics import watchers_cut
from shared.bus import Bus
from shared.clock import SystemClock
from shared.connections import connect
from shared.events import CODEC, CaptionChanged, Line, LineHeard, MeetingErased, new_id
from shared.streams import BRAIN, MeetingKeys

CLOCK = SystemClock()


def line(meeting_id: str, n: int) -> LineHeard:
    said = Line(id=f"l{n}", track="mixed", speaker="Ada", start_ms=n * 1000, end_ms=n * 1000 + 900, text=f"line {n}")
    return LineHeard(id=f"heard-{n}", meeting_id=meeting_id, at=CLOCK.now_ms(), line=said)


def caption(meeting_id: str, text: str) -> CaptionChanged:
    about = {"track": "mixed", "speaker": "Ada", "start_ms": 0, "end_ms": 10, "text": text}
    return CaptionChanged(id=new_id(), meeting_id=meeting_id, at=CLOCK.now_ms(), **about)


async def put_caption(rig, event: CaptionChanged) -> None:
    kind, body = CODEC.encode(event)
    await rig.bus.redis.xadd(MeetingKeys(event.meeting_id).live, {CODEC.TYPE: kind, CODEC.BODY: body}, maxlen=4)


async def erase(rig, meeting_id: str) -> None:
    keys = MeetingKeys(meeting_id)
    await rig.bus.redis.delete(keys.state, keys.timeline)
    kind, body = CODEC.encode(MeetingErased(id=new_id(), meeting_id=meeting_id, at=CLOCK.now_ms(), stores={}))
    await rig.bus.redis.xadd(keys.timeline, {CODEC.TYPE: kind, CODEC.BODY: body})


class SseReader:
    """Frames of an event stream as (event, id, data)."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def frame(self):
        fields = {}
        while row := (await self.response.content.readline()).decode().rstrip("\n"):
            name, _, value = row.partition(": ")
            fields[name] = value
        return fields.get("event", ""), fields.get("id", ""), msgspec.json.decode(fields.get("data", "null"))

    async def until_line(self, n: int):
        """Frames up to the line of this number."""
        frames = []
        while not frames or frames[-1][2].get("id") != f"heard-{n}":
            frames.append(await self.frame())
        return frames


class TestSse:
    async def test_everything_from_the_start_comes_then_what_happens(self, rig):
        meeting_id = await rig.meeting()
        await rig.add(line(meeting_id, 1))
        async with rig.client.get(f"/meetings/{meeting_id}/events") as response:
            reader = SseReader(response)
            first = [await reader.frame() for _ in range(2)]
            await rig.add(line(meeting_id, 2))
            then = await reader.frame()
        assert response.content_type == "text/event-stream"
        assert [event for event, _, _ in [*first, then]] == ["meeting.requested", "line.heard", "line.heard"]
        assert then[2]["line"]["text"] == "line 2"
        assert then[2]["type"] == "line.heard"

    async def test_client_that_comes_back_with_its_last_id_misses_and_repeats_nothing(self, rig):
        meeting_id = await rig.meeting()
        seen, cursor = [], "0"
        for round_ in range(5):
            await rig.add(*(line(meeting_id, round_ * 4 + n) for n in range(3)))
            async with rig.client.get(f"/meetings/{meeting_id}/events", headers={"Last-Event-ID": cursor}) as response:
                frames = await SseReader(response).until_line(round_ * 4 + 2)
            await rig.add(line(meeting_id, round_ * 4 + 3))
            seen += [data["id"] for _, _, data in frames]
            cursor = frames[-1][1]
        assert seen[1:] == [f"heard-{n}" for n in range(19)]

    async def test_caption_comes_without_id_so_that_it_is_no_place_to_resume(self, rig):
        meeting_id = await rig.meeting()
        async with rig.client.get(f"/meetings/{meeting_id}/events") as response:
            reader = SseReader(response)
            await reader.frame()
            await put_caption(rig, caption(meeting_id, "so far"))
            event, cursor, data = await reader.frame()
        assert (event, cursor, data["text"]) == ("caption.changed", "", "so far")

    async def test_stream_ends_when_the_meeting_is_erased(self, rig):
        meeting_id = await rig.meeting()
        async with rig.client.get(f"/meetings/{meeting_id}/events") as response:
            reader = SseReader(response)
            await reader.frame()
            await erase(rig, meeting_id)
            assert (await reader.frame())[0] == "meeting.erased"
            assert await response.content.read() == b""

    async def test_place_that_is_no_event_id_is_refused_and_harms_no_other_watcher(self, rig):
        meeting_id = await rig.meeting()
        for bad in ("x", "1-", "-1", "1-2-3", "٣", "1\u2028"):
            response = await rig.client.get(f"/meetings/{meeting_id}/events", params={"after": bad})
            assert (response.status, (await response.json())["errors"][0]["field"]) == (422, "after")
        async with rig.client.get(f"/meetings/{meeting_id}/events", params={"after": "0"}) as response:
            assert (await SseReader(response).frame())[0] == "meeting.requested"

    async def test_event_of_a_newer_version_is_passed_over(self, rig):
        meeting_id = await rig.meeting()
        await rig.bus.redis.xadd(MeetingKeys(meeting_id).timeline, {"type": "future.thing", "body": b"\x80"})
        await rig.add(line(meeting_id, 1))
        async with rig.client.get(f"/meetings/{meeting_id}/events") as response:
            frames = await SseReader(response).until_line(1)
        assert [event for event, _, _ in frames] == ["meeting.requested", "line.heard"]

    async def test_meeting_nobody_knows_is_404(self, rig):
        assert (await rig.client.get(f"/meetings/m-07-{'0' * 20}/events")).status == 404

    async def test_quiet_stream_says_that_it_still_stands(self, rig_with):
        async with rig_with(quiet_s=0.1) as rig:
            meeting_id = await rig.meeting()
            async with rig.client.get(f"/meetings/{meeting_id}/events") as response:
                await SseReader(response).frame()
                assert [await response.content.readline() for _ in range(4)] == [b": still here\n", b"\n"] * 2

    async def test_watchers_of_many_meetings_share_one_reader(self, rig):
        meetings = [await rig.meeting() for _ in range(20)]
        async with contextlib.AsyncExitStack() as stack:
            readers = []
            for meeting_id in meetings:
                response = await stack.enter_async_context(rig.client.get(f"/meetings/{meeting_id}/events"))
                readers.append(SseReader(response))
            await rig.add(*(line(meeting_id, 1) for meeting_id in meetings))
            found = await asyncio.gather(*(reader.until_line(1) for reader in readers))
            blocked = await rig.bus.redis.info("clients")
        assert [frames[-1][2]["meeting_id"] for frames in found] == meetings
        assert blocked["blocked_clients"] <= 2


class TestWebSocket:
    async def test_frames_carry_cursor_type_and_event(self, rig):
        meeting_id = await rig.meeting()
        (cursor,) = await rig.add(line(meeting_id, 1))
        async with rig.client.ws_connect(f"/meetings/{meeting_id}/live") as socket:
            await socket.receive_json()
            frame = await socket.receive_json()
        assert (frame["id"], frame["type"], frame["data"]["line"]["id"]) == (cursor.decode(), "line.heard", "l1")

    async def test_client_that_comes_back_misses_and_repeats_nothing(self, rig):
        meeting_id = await rig.meeting()
        seen, cursor = [], "0"
        for round_ in range(5):
            await rig.add(*(line(meeting_id, round_ * 3 + n) for n in range(3)))
            async with rig.client.ws_connect(f"/meetings/{meeting_id}/live?after={cursor}") as socket:
                while not seen or seen[-1] != f"heard-{round_ * 3 + 2}":
                    frame = await socket.receive_json()
                    seen.append(frame["data"]["id"])
                    cursor = frame["id"]
        assert seen[1:] == [f"heard-{n}" for n in range(15)]

    async def test_caption_has_no_id(self, rig):
        meeting_id = await rig.meeting()
        async with rig.client.ws_connect(f"/meetings/{meeting_id}/live") as socket:
            await socket.receive_json()
            await put_caption(rig, caption(meeting_id, "so far"))
            frame = await socket.receive_json()
        assert (frame["id"], frame["type"]) == (None, "caption.changed")

    async def test_socket_closes_when_the_meeting_is_erased(self, rig):
        meeting_id = await rig.meeting()
        async with rig.client.ws_connect(f"/meetings/{meeting_id}/live") as socket:
            await socket.receive_json()
            await erase(rig, meeting_id)
            assert (await socket.receive_json())["type"] == "meeting.erased"
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == 1000

    async def test_request_that_is_no_upgrade_is_426(self, rig):
        response = await rig.client.get(f"/meetings/{await rig.meeting()}/live")
        assert (response.status, response.content_type) == (426, "application/problem+json")

    async def test_page_of_another_site_cannot_open_one(self, rig):
        response = await rig.client.get(
            f"/meetings/{await rig.meeting()}/live", headers={"Origin": "https://evil.example", "Upgrade": "websocket"}
        )
        assert response.status == 403

    async def test_client_that_says_too_much_is_closed(self, rig):
        async with rig.client.ws_connect(f"/meetings/{await rig.meeting()}/live") as socket:
            await socket.receive_json()
            await socket.send_str("x" * 5000)
            closed = await socket.receive()
        assert closed.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
        assert socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


class TestShutdown:
    async def test_open_streams_end_at_once_when_the_gateway_stops(self, rig):
        meeting_id = await rig.meeting()
        async with (
            rig.client.get(f"/meetings/{meeting_id}/events") as response,
            rig.client.ws_connect(f"/meetings/{meeting_id}/live") as socket,
        ):
            await SseReader(response).frame()
            await socket.receive_json()
            waiting = asyncio.create_task(
                rig.client.post(f"/meetings/{meeting_id}/ask", json={"question": "Who?"}, headers={"Prefer": "wait=60"})
            )
            await eventually(lambda: rig.bus.redis.xlen("{s0007}:commands:brain"))
            begun = asyncio.get_running_loop().time()
            stop = asyncio.create_task(rig.client.server.close())
            while (await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
            await response.content.read()
            answer = await waiting
            await stop
        assert socket.close_code == 1001
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
        assert asyncio.get_running_loop().time() - begun < 2


class TestWaiting:
    async def test_meeting_erased_while_its_answer_is_awaited_is_gone(self, rig):
        rig.play(BRAIN, lambda _: [])
        meeting_id = await rig.meeting()
        asking = asyncio.create_task(rig.client.post(f"/meetings/{meeting_id}/ask", json={"question": "Who?"}))
        await rig.workers.arrived.wait()
        await erase(rig, meeting_id)
        assert (await asking).status == 404


KEY = "dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
ASKED = {"sse": ("events", ""), "websocket": ("live", UPGRADE)}


class TestSlowAndBroken:
    @pytest.mark.parametrize("kind", ["sse", "websocket"])
    async def test_client_that_reads_nothing_is_cut_and_others_go_on(self, rig_with, kind):
        async with rig_with(send_wait_s=0.3) as rig:
            meeting_id = await rig.meeting()
            long, before = "word " * 20_000, watchers_cut.labels(kind)._value.get()
            host, port = rig.client.server.host, rig.client.server.port
            reader, writer = await asyncio.open_connection(host, port, limit=1024)
            path, more = ASKED[kind]
            writer.write(f"GET /meetings/{meeting_id}/{path} HTTP/1.1\r\nHost: {host}:{port}\r\n{more}\r\n".encode())
            await reader.readline()
            said = Line(id="l", track="mixed", speaker="Ada", start_ms=0, end_ms=1, text=long)
            for n in range(150):
                await rig.add(LineHeard(id=f"long-{n}", meeting_id=meeting_id, at=1, line=said))
            async with rig.client.get(f"/meetings/{meeting_id}/events") as response:
                frames = SseReader(response)
                while (await frames.frame())[2]["id"] != "long-149":
                    pass
            await eventually(lambda: watchers_cut.labels(kind)._value.get() > before)
            received = 0
            with contextlib.suppress(ConnectionError):
                while chunk := await asyncio.wait_for(reader.read(1 << 20), 5):
                    received += len(chunk)
            writer.close()
        assert received < 150 * len(long)

    async def test_watcher_survives_a_restart_of_redis_without_loss(self, mortal_valkey, rig_on_url):
        async with rig_on_url(mortal_valkey.url) as rig:
            meeting_id = await rig.meeting()
            async with rig.client.get(f"/meetings/{meeting_id}/events") as response:
                reader = SseReader(response)
                await reader.frame()
                mortal_valkey.stop()
                assert (await rig.client.get(f"/meetings/{meeting_id}/status")).status == 503
                mortal_valkey.start()
                bus = Bus(connect(mortal_valkey.url))
                await bus.redis.hset(MeetingKeys(meeting_id).state, "status", "listening")
                await bus.append(meeting_id, line(meeting_id, 1))
                await bus.close()
                frames = await asyncio.wait_for(reader.until_line(1), 10)
        assert [event for event, _, _ in frames] == ["line.heard"]

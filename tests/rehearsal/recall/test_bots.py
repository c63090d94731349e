import asyncio
import itertools
import math

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer
from ears import Ear, bot_body
from meetings_played import QUICK, recording, send_bot, stand_in

from rehearsal.recall.options import Faults
from rehearsal.recall.webhooks import sign
from shared.config import Secret
from shared.ports import free_port

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def codes(bot) -> list[str]:
    return [change["code"] for change in bot.status_changes]


async def test_a_bot_passes_through_its_states_to_done(ear: Ear) -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, ear)
        await bot.reached["in_call_recording"].wait()
        recall.end_call()
        await bot.reached["done"].wait()
    assert codes(bot) == ["joining_call", "in_call_not_recording", "in_call_recording", "call_ended", "done"]
    assert bot.status_changes[3]["sub_code"] == "call_ended_by_host"


async def test_the_meeting_is_heard_from_its_first_moment_to_its_end(ear: Ear) -> None:
    async with stand_in() as recall:
        recall.play(recording(600), speed=20)
        bot = await send_bot(recall, ear)
        await recall.finished()
        bot.end("call_ended_by_host")
        await ear.wait_until(lambda: ear.close_codes)
    audio = ear.of("audio_mixed_raw.data")
    buffers = b"".join(msgspec.convert(frame["buffer"], bytes) for frame in audio)
    assert buffers[: len(recording(600).pcm)] == recording(600).pcm
    assert [frame["timestamp"]["relative"] for frame in audio][:3] == [0.0, 0.02, 0.04]
    assert ear.close_codes == [1000]


async def test_people_join_at_the_start_and_leave_at_the_end_of_the_call(ear: Ear) -> None:
    async with stand_in() as recall:
        recall.play(recording(600), speed=20)
        bot = await send_bot(recall, ear)
        await recall.finished()
        assert ear.of("participant_events.leave") == []
        bot.end("call_ended_by_host")
        await ear.wait_until(lambda: ear.close_codes)
    names = [event["participant"]["name"] for event in ear.of("participant_events.join")]
    assert names == ["Maya", "Tom"]
    assert [event["participant"]["id"] for event in ear.of("participant_events.leave")] == [100, 200]
    assert [event["timestamp"]["relative"] for event in ear.of("participant_events.speech_on")] == [0.1, 0.35]


async def test_only_the_events_that_were_asked_for_are_sent(ear: Ear) -> None:
    endpoint = {"type": "websocket", "url": ear.url, "events": ["participant_events.join"]}
    async with stand_in() as recall:
        recall.play(recording(100), speed=20)
        await send_bot(recall, ear, recording_config={"realtime_endpoints": [endpoint]})
        await recall.finished()
        await ear.wait_until(lambda: len(ear.messages) >= 2)
    assert {message["event"] for message in ear.messages} == {"participant_events.join"}


async def test_two_endpoints_both_hear_everything(ear: Ear) -> None:
    body = bot_body(ear.url)
    endpoints = body["recording_config"]["realtime_endpoints"] * 2
    async with stand_in() as recall:
        recall.play(recording(200), speed=20)
        await send_bot(recall, ear, recording_config={"audio_mixed_raw": {}, "realtime_endpoints": endpoints})
        await recall.finished()
        await ear.wait_until(lambda: len(ear.of("audio_mixed_raw.data")) >= 20)
    assert len(ear.handshakes) == 2


async def test_a_bot_that_does_not_record_is_deaf(ear: Ear) -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall)
        await bot.reached["in_call_not_recording"].wait()
        bot.end("call_ended_by_host")
        await bot.reached["done"].wait()
    assert codes(bot) == ["joining_call", "in_call_not_recording", "call_ended", "done"]


async def test_a_bot_waits_in_the_lobby_until_it_is_admitted() -> None:
    async with stand_in(delays=msgspec.structs.replace(QUICK, lobby_s=math.inf)) as recall:
        bot = await send_bot(recall)
        async with asyncio.timeout(5):
            while bot.status != "in_waiting_room":
                await asyncio.sleep(0.01)
        bot.admitted.set()
        await bot.reached["in_call_not_recording"].wait()


async def test_a_bot_that_is_turned_away_before_it_joined_ends_too() -> None:
    async with stand_in(delays=msgspec.structs.replace(QUICK, join_s=60)) as recall:
        bot = await send_bot(recall)
        async with asyncio.timeout(5):
            while bot.status != "joining_call":
                await asyncio.sleep(0.01)
        bot.end("bot_kicked_from_waiting_room")
        await bot.reached["done"].wait()
    assert codes(bot) == ["joining_call", "call_ended", "done"]


async def test_a_cut_socket_is_dialled_again_and_misses_what_was_said_meanwhile(ear: Ear) -> None:
    async with stand_in(Faults(cut_at_ms=[200])) as recall:
        recall.play(recording(1000), speed=4)
        bot = await send_bot(recall, ear)
        await recall.finished()
        bot.end("call_ended_by_host")
        await ear.wait_until(lambda: len(ear.close_codes) == 2)
    heard = [frame["timestamp"]["relative"] for frame in ear.of("audio_mixed_raw.data")]
    gaps = [(before, after) for before, after in itertools.pairwise(heard) if after - before > 0.03]
    assert len(gaps) == 1
    assert gaps[0][0] <= 0.2 < gaps[0][1]


async def test_a_call_without_a_listener_goes_on_and_its_endpoint_fails() -> None:
    delays = msgspec.structs.replace(QUICK, redial_s=0.001)
    async with stand_in(delays=delays) as recall:
        recall.play(recording(100), speed=20)
        body_url = f"ws://127.0.0.1:{free_port()}/recall/m-1/"
        bot = await send_bot(recall, recording_config=bot_body(body_url)["recording_config"])
        await recall.finished()
        async with asyncio.timeout(5):
            while "realtime_endpoint.failed" not in recall.webhooks.sent:
                await asyncio.sleep(0.01)
        assert bot.status == "in_call_recording"


async def test_every_state_is_told_by_a_signed_webhook() -> None:
    received: list[tuple[dict, dict]] = []

    class Gateway:
        async def receive(self, request: web.Request) -> web.Response:
            body = await request.read()
            timestamp = int(request.headers["webhook-timestamp"])
            expected = sign(SECRET, request.headers["webhook-id"], timestamp, body)
            assert request.headers["webhook-signature"] == expected
            received.append(msgspec.json.decode(body))
            return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/webhooks/recall", Gateway().receive)
    async with TestServer(app) as gateway:
        url = str(gateway.make_url("/webhooks/recall"))
        async with stand_in(webhook_url=url, webhook_secret=Secret(SECRET)) as recall:
            bot = await send_bot(recall)
            await bot.reached["in_call_not_recording"].wait()
            recall.end_call("bot_kicked_from_call")
    by_event = {message["event"]: message["data"] for message in received}
    assert set(by_event) == {"bot.joining_call", "bot.in_call_not_recording", "bot.call_ended", "bot.done"}
    assert by_event["bot.call_ended"]["data"]["sub_code"] == "bot_kicked_from_call"
    assert by_event["bot.done"]["bot"] == {"id": bot.id, "metadata": {"meeting_id": "m-1"}}
    assert set(by_event["bot.done"]["data"]) == {"code", "sub_code", "updated_at"}

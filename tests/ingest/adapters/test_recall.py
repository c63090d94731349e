import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from ears import MEETING_URL, Ear, bot_request, listening

from ingest.adapters.recall import RecallPlatform, body_of
from rehearsal.recall_options import Delays, Forced, Options
from rehearsal.recall_server import RecallServer
from shared.config import Secret
from shared.errors import Category, MeetingError
from shared.recall_api import RecallApi

SOCKET = "wss://ears.example.org/recall/m-1/?token=secret"


@contextlib.asynccontextmanager
async def platform_of(delays: Delays | None = None) -> AsyncIterator[tuple[RecallPlatform, RecallServer]]:
    async with RecallServer(
        Options(delays=delays or Delays(dispatch_s=0, join_s=0, consent_s=0, upload_s=0))
    ) as recall:
        platform = RecallPlatform(RecallApi(recall.url, Secret("key"), MeetingError))
        yield platform, recall
        await platform.close()


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    async with listening() as ear:
        yield ear


def test_the_request_is_exactly_what_recall_recommends_for_a_bot_that_listens_and_speaks() -> None:
    body = body_of(bot_request(SOCKET))
    output = body.pop("automatic_audio_output")
    assert body == {
        "meeting_url": MEETING_URL,
        "bot_name": "Chime",
        "metadata": {"meeting_id": "m-1"},
        "recording_config": {
            "audio_mixed_raw": {},
            "participant_events": {},
            "video_mixed_mp4": None,
            "video_mixed_layout": "audio_only",
            "start_recording_on": "call_join",
            "retention": None,
            "realtime_endpoints": [
                {
                    "type": "websocket",
                    "url": SOCKET,
                    "events": [
                        "audio_mixed_raw.data",
                        "participant_events.join",
                        "participant_events.leave",
                        "participant_events.speech_on",
                        "participant_events.speech_off",
                        "participant_events.chat_message",
                    ],
                }
            ],
        },
        "automatic_leave": {
            "waiting_room_timeout": 600,
            "noone_joined_timeout": 900,
            "everyone_left_timeout": {"timeout": 60, "activate_after": 60},
        },
    }
    assert output["in_call_recording"]["data"]["kind"] == "mp3"


async def test_a_bot_that_is_sent_comes_to_the_socket_with_its_meeting(ear: Ear) -> None:
    async with platform_of() as (platform, _):
        bot_id = await platform.send_bot(bot_request(ear.url))
        await ear.wait_until(lambda: ear.of("audio_mixed_raw.data"))
    assert ear.handshakes[0][0] == "/recall/m-1/?token=secret"
    assert ear.messages[0]["data"]["bot"] == {"id": bot_id, "metadata": {"meeting_id": "m-1"}}


async def test_the_same_attempt_never_sends_two_bots(ear: Ear) -> None:
    async with platform_of() as (platform, recall):
        first = await platform.send_bot(bot_request(ear.url))
        again = await platform.send_bot(bot_request(ear.url))
        another = await platform.send_bot(bot_request(ear.url, attempt=2))
    assert first == again != another
    assert len(recall.bots) == 2


async def test_a_url_that_recall_does_not_take_is_refused_with_its_complaint(ear: Ear) -> None:
    async with platform_of() as (platform, _):
        with pytest.raises(MeetingError, match="meeting_url: The meeting_url is malformed") as raised:
            await platform.send_bot(bot_request(ear.url, meeting_url="https://example.org/call"))
    assert raised.value.category is Category.INVALID


async def test_leaving_twice_finds_nothing_left_the_second_time(ear: Ear) -> None:
    async with platform_of() as (platform, recall):
        bot_id = await platform.send_bot(bot_request(ear.url))
        await recall.bots[bot_id].reached["in_call_recording"].wait()
        assert await platform.leave(bot_id) is True
        await recall.bots[bot_id].reached["done"].wait()
        assert await platform.leave(bot_id) is False


async def test_leaving_an_unknown_bot_finds_nothing_left() -> None:
    async with platform_of() as (platform, _):
        assert await platform.leave("nobody") is False


async def test_a_bot_that_is_on_its_way_can_be_asked_to_leave_again_later(ear: Ear) -> None:
    async with platform_of(Delays(dispatch_s=60)) as (platform, _):
        bot_id = await platform.send_bot(bot_request(ear.url))
        with pytest.raises(MeetingError, match="still on its way") as raised:
            await platform.leave(bot_id)
    assert not raised.value.is_permanent
    assert raised.value.retry_after_s == 2.0


async def test_a_finished_bot_that_recall_calls_unstarted_is_gone(ear: Ear) -> None:
    async with platform_of() as (platform, recall):
        bot_id = await platform.send_bot(bot_request(ear.url))
        await recall.bots[bot_id].reached["in_call_recording"].wait()
        recall.end_call()
        await recall.bots[bot_id].reached["done"].wait()
        recall.faults.answers.append(Forced(400, '{"code": "cannot_command_unstarted_bot", "detail": "x"}'))
        assert await platform.leave(bot_id) is False


async def test_a_bot_that_is_scheduled_is_taken_back(ear: Ear) -> None:
    async with platform_of() as (platform, recall):
        body = {**body_of(bot_request(ear.url)), "join_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
        api = RecallApi(recall.url, Secret("key"), MeetingError)
        bot = await api.create_bot(body, "m-1:1")
        assert await platform.leave(bot.id) is True
        assert recall.bots == {}
        await api.close()


async def test_recall_is_told_to_erase_what_it_keeps(ear: Ear) -> None:
    async with platform_of() as (platform, recall):
        bot_id = await platform.send_bot(bot_request(ear.url))
        await platform.erase_media(bot_id)
        assert recall.bots[bot_id].media_deleted


async def test_erasing_what_recall_no_longer_knows_is_harmless() -> None:
    async with platform_of() as (platform, recall):
        await platform.erase_media("nobody")
    assert recall.calls == [("POST", "/api/v1/bot/nobody/delete_media/")]

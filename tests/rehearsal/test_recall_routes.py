import base64
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from ears import bot_body
from meetings_played import QUICK, send_bot, stand_in

from rehearsal.recall_options import Delays
from speaker.adapters.mp3 import encode_mp3
from speaker.adapters.scripted import tone

MP3 = base64.b64encode(encode_mp3(tone(1000, 24_000), 24_000)).decode()
CLIP = {"kind": "mp3", "b64_data": MP3}


async def ask(url: str, method: str, path: str, body: object = None) -> tuple[int, object]:
    """The status and the JSON of the answer; the text where it is none."""
    async with aiohttp.request(method, f"{url}/api/v1/bot/{path}", json=body) as response:
        is_json = response.content_type == "application/json" and response.status != 204
        return response.status, await response.json() if is_json else await response.text()


def later(minutes: int) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


async def test_a_new_bot_is_described_as_documented() -> None:
    async with stand_in(delays=Delays(dispatch_s=60)) as recall:
        status, bot = await ask(recall.url, "POST", "", bot_body())
    assert status == 201
    assert bot["meeting_url"] == {"meeting_id": "1234567890", "platform": "zoom"}
    assert (bot["status_changes"], bot["recordings"], bot["metadata"]) == ([], [], {"meeting_id": "m-1"})
    assert "status" not in bot
    assert "b64_data" not in str(bot)


async def test_a_bad_request_is_refused_field_by_field() -> None:
    async with stand_in() as recall:
        status, answer = await ask(recall.url, "POST", "", bot_body(meeting_url="https://example.org", bot_name=""))
    assert (status, set(answer)) == (400, {"meeting_url", "bot_name"})


async def test_what_is_not_json_is_refused() -> None:
    async with stand_in() as recall, aiohttp.request("POST", f"{recall.url}/api/v1/bot/", data=b"{") as response:
        assert response.status == 400


async def test_a_bot_can_be_retrieved_and_shows_how_it_came_in() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall)
        await bot.reached["in_call_not_recording"].wait()
        _, answer = await ask(recall.url, "GET", f"{bot.id}/")
    assert [change["code"] for change in answer["status_changes"]] == ["joining_call", "in_call_not_recording"]
    assert set(answer["status_changes"][0]) == {"code", "message", "created_at", "sub_code"}


@pytest.mark.parametrize(
    ("method", "command"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "leave_call/"),
        ("POST", "output_audio/"),
        ("DELETE", "output_audio/"),
        ("POST", "send_chat_message/"),
        ("POST", "delete_media/"),
    ],
)
async def test_an_unknown_bot_is_not_found(method: str, command: str) -> None:
    async with stand_in() as recall:
        assert await ask(recall.url, method, f"nobody/{command}") == (404, {"detail": "Not found."})


async def test_bots_are_listed_by_metadata_and_status() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, metadata={"run": "1"})
        await send_bot(recall, metadata={"run": "2"})
        await bot.reached["in_call_not_recording"].wait()
        _, by_run = await ask(recall.url, "GET", "?metadata__run=1&status=in_call_not_recording")
        _, by_status = await ask(recall.url, "GET", "?status=fatal")
    assert ([found["id"] for found in by_run["results"]], by_run["count"]) == ([bot.id], 1)
    assert by_status["results"] == []


async def test_a_scheduled_bot_can_be_deleted() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, join_at=later(30))
        assert (await ask(recall.url, "DELETE", f"{bot.id}/"))[0] == 204
        assert (await ask(recall.url, "GET", f"{bot.id}/"))[0] == 404


async def test_a_bot_that_is_due_soon_or_has_joined_cannot_be_deleted() -> None:
    async with stand_in() as recall:
        soon, joined = await send_bot(recall, join_at=later(5)), await send_bot(recall)
        await joined.reached["in_call_not_recording"].wait()
        for bot in (soon, joined):
            assert (await ask(recall.url, "DELETE", f"{bot.id}/"))[0] == 405


async def test_leaving_ends_the_call_with_its_reason() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall)
        await bot.reached["in_call_not_recording"].wait()
        assert (await ask(recall.url, "POST", f"{bot.id}/leave_call/"))[0] == 200
        await bot.reached["done"].wait()
    assert [(change["code"], change["sub_code"]) for change in bot.status_changes[-2:]] == [
        ("call_ended", "bot_received_leave_call"),
        ("done", None),
    ]


@pytest.mark.parametrize("command", ["leave_call/", "output_audio/", "send_chat_message/"])
async def test_a_command_before_the_bot_started_has_its_code(command: str) -> None:
    async with stand_in(delays=Delays(dispatch_s=60)) as recall:
        bot = await send_bot(recall)
        status, answer = await ask(recall.url, "POST", f"{bot.id}/{command}", CLIP)
    assert (status, answer["code"]) == (400, "cannot_command_unstarted_bot")


@pytest.mark.parametrize("command", ["leave_call/", "output_audio/", "send_chat_message/"])
async def test_a_command_after_the_call_has_its_code(command: str) -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall)
        await bot.reached["in_call_not_recording"].wait()
        recall.end_call()
        await bot.reached["done"].wait()
        status, answer = await ask(recall.url, "POST", f"{bot.id}/{command}", CLIP)
    assert (status, answer["code"]) == (400, "cannot_command_completed_bot")


async def test_a_clip_is_heard_and_a_delete_cuts_it() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall)
        await bot.reached["in_call_not_recording"].wait()
        assert (await ask(recall.url, "POST", f"{bot.id}/output_audio/", CLIP))[0] == 200
        whole = recall.heard.clips[0].ends_ms
        assert (await ask(recall.url, "DELETE", f"{bot.id}/output_audio/"))[0] == 204
    clip = recall.heard.clips[0]
    assert 1000 <= whole - clip.begins_ms <= 1150
    assert clip.ends_ms < whole


async def test_there_is_no_route_to_stop_output_audio_by_name() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall)
        assert (await ask(recall.url, "POST", f"{bot.id}/stop_output_audio/"))[0] == 404


@pytest.mark.parametrize(
    "clip", [{"kind": "wav", "b64_data": MP3}, {"kind": "mp3", "b64_data": "AAAA"}, {"kind": "mp3", "b64_data": "?"}]
)
async def test_what_is_no_mp3_is_refused(clip: dict[str, str]) -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall)
        await bot.reached["in_call_not_recording"].wait()
        assert (await ask(recall.url, "POST", f"{bot.id}/output_audio/", clip))[0] == 400
    assert recall.heard.clips == []


@pytest.mark.parametrize(
    "changes",
    [
        {"automatic_audio_output": None},
        {"automatic_audio_output": None, "output_media": {"camera": {"kind": "webpage"}}},
    ],
)
async def test_a_bot_that_was_not_made_for_clips_takes_none(changes: dict[str, object]) -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, **changes)
        await bot.reached["in_call_not_recording"].wait()
        assert (await ask(recall.url, "POST", f"{bot.id}/output_audio/", CLIP))[0] == 400


async def test_a_second_clip_can_be_an_error() -> None:
    async with stand_in(overlap="error", delays=QUICK) as recall:
        bot = await send_bot(recall)
        await bot.reached["in_call_not_recording"].wait()
        statuses = [(await ask(recall.url, "POST", f"{bot.id}/output_audio/", CLIP))[0] for _ in range(2)]
    assert statuses == [200, 400]


async def test_a_chat_message_is_kept_and_a_long_one_refused() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall)
        await bot.reached["in_call_not_recording"].wait()
        path = f"{bot.id}/send_chat_message/"
        assert (await ask(recall.url, "POST", path, {"to": "everyone", "message": "Hello"}))[0] == 200
        assert (await ask(recall.url, "POST", path, {"message": "x" * 4097}))[0] == 400
    assert bot.chats == ["Hello"]


async def test_deleted_media_are_no_longer_described() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, recording_config={})
        await bot.reached["in_call_recording"].wait()
        _, before = await ask(recall.url, "GET", f"{bot.id}/")
        assert (await ask(recall.url, "POST", f"{bot.id}/delete_media/"))[0] == 200
        _, after = await ask(recall.url, "GET", f"{bot.id}/")
    assert (len(before["recordings"]), after["recordings"]) == (1, [])

import base64

import aiohttp
import pytest
from ears import Ear, bot_body
from meetings_played import QUICK, send_bot, stand_in

from rehearsal.recall.options import Delays, Faults
from speaker.adapters.mp3 import encode_mp3
from speaker.adapters.scripted import tone

MP3 = base64.b64encode(encode_mp3(tone(1000, 24_000), 24_000)).decode()
CLIP = {"kind": "mp3", "b64_data": MP3}
PAGE = {"camera": {"kind": "webpage", "config": {"url": "https://voice.example.org/stage/"}}}


async def ask(url: str, method: str, path: str, body: object = None) -> tuple[int, object]:
    """The status and the JSON of the answer; the text where it is none."""
    async with aiohttp.request(method, f"{url}/api/v1/bot/{path}", json=body) as response:
        is_json = response.content_type == "application/json" and response.status != 204
        return response.status, await response.json() if is_json else await response.text()


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


async def test_meet_takes_shorter_messages_and_webex_none() -> None:
    async with stand_in() as recall:
        statuses = []
        for url in ("https://meet.google.com/abc-defg-hij", "https://acme.webex.com/meet/ada"):
            bot = await send_bot(recall, meeting_url=url)
            await bot.reached["in_call_not_recording"].wait()
            for length in (500, 501):
                path = f"{bot.id}/send_chat_message/"
                statuses.append((await ask(recall.url, "POST", path, {"message": "x" * length}))[0])
    assert statuses == [200, 400, 400, 400]


async def test_a_message_that_is_not_shown_is_accepted_and_complained_of_later() -> None:
    async with stand_in(Faults(hides_chat=True)) as recall:
        bot = await send_bot(recall)
        await bot.reached["in_call_not_recording"].wait()
        assert (await ask(recall.url, "POST", f"{bot.id}/send_chat_message/", {"message": "Hello"}))[0] == 200
        assert "bot.log" in recall.webhooks.sent
    assert bot.chats == []


# -- output media ------------------------------------------------------------------------------------------------------


async def test_a_page_is_shown_until_the_body_of_a_delete_names_it() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, automatic_audio_output=None)
        await bot.reached["in_call_not_recording"].wait()
        path = f"{bot.id}/output_media/"
        _, shown = await ask(recall.url, "POST", path, PAGE)
        without_flags = await ask(recall.url, "DELETE", path)
        await ask(recall.url, "DELETE", path, {"camera": False})
        _, still = await ask(recall.url, "GET", f"{bot.id}/")
        with_flag = await ask(recall.url, "DELETE", path, {"camera": True})
        _, gone = await ask(recall.url, "GET", f"{bot.id}/")
    assert (without_flags[0], with_flag[0]) == (204, 204)
    assert [answer["output_media"] for answer in (shown, still, gone)] == [PAGE, PAGE, None]


async def test_a_bot_with_automatic_outputs_shows_no_page() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall)
        await bot.reached["in_call_not_recording"].wait()
        assert (await ask(recall.url, "POST", f"{bot.id}/output_media/", PAGE))[0] == 400
    assert bot.output_media == {}


async def test_a_bot_made_with_a_page_takes_no_clips() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, automatic_audio_output=None, output_media=PAGE)
        await bot.reached["in_call_not_recording"].wait()
        assert (await ask(recall.url, "POST", f"{bot.id}/output_audio/", CLIP))[0] == 400
        _, answer = await ask(recall.url, "GET", f"{bot.id}/")
    assert answer["output_media"] == PAGE


@pytest.mark.parametrize("page", [{}, {"window": PAGE["camera"]}, {"camera": {"kind": "webpage"}}])
async def test_what_is_no_page_is_refused(page: dict[str, object]) -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, automatic_audio_output=None)
        await bot.reached["in_call_not_recording"].wait()
        assert (await ask(recall.url, "POST", f"{bot.id}/output_media/", page))[0] == 400


# -- recording ---------------------------------------------------------------------------------------------------------


async def recording_states(recall, bot, *verbs: str) -> list[tuple[int, str, str]]:
    """After each command: its status, the bot's state, and that of the newest recording."""
    states = []
    for verb in verbs:
        status, _ = await ask(recall.url, "POST", f"{bot.id}/{verb}_recording/")
        _, answer = await ask(recall.url, "GET", f"{bot.id}/")
        states.append((status, bot.status, answer["recordings"][-1]["status"]["code"]))
    return states


async def test_a_recording_is_paused_and_resumed() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, recording_config={})
        await bot.reached["in_call_recording"].wait()
        states = await recording_states(recall, bot, "pause", "pause", "resume", "resume")
    paused, going = ("in_call_not_recording", "paused"), ("in_call_recording", "processing")
    assert states == [(200, *paused), (400, *paused), (200, *going), (400, *going)]
    assert recall.webhooks.sent.count("recording.paused") == 1


async def test_a_recording_is_stopped_and_another_one_started() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, recording_config={})
        await bot.reached["in_call_recording"].wait()
        states = await recording_states(recall, bot, "start", "stop", "stop", "start")
    done, going = ("in_call_not_recording", "done"), ("in_call_recording", "processing")
    assert states == [(400, *going), (200, *done), (400, *done), (200, *going)]
    assert len({take.id for take in bot.recorder.takes}) == 2


async def test_a_recording_that_waits_for_the_command_begins_with_it(ear: Ear) -> None:
    config = {**bot_body(ear.url)["recording_config"], "start_recording_on": "manual"}
    async with stand_in() as recall:
        bot = await send_bot(recall, ear, recording_config=config)
        await bot.reached["in_call_not_recording"].wait()
        assert (ear.messages, bot.recorder.takes) == ([], [])
        assert (await ask(recall.url, "POST", f"{bot.id}/start_recording/"))[0] == 200
        await ear.wait_until(lambda: ear.of("audio_mixed_raw.data"))


async def test_permission_that_is_asked_for_again_may_be_given() -> None:
    async with stand_in(Faults(recording_denied="zoom_host_not_present"), asks_permission=True) as recall:
        bot = await send_bot(recall, recording_config={})
        await bot.reached["recording_permission_denied"].wait()
        recall.faults.recording_denied = ""
        assert (await ask(recall.url, "POST", f"{bot.id}/request_recording_permission/"))[0] == 200
    codes = [change["code"] for change in bot.status_changes]
    assert codes[2:5] == ["recording_permission_denied", "recording_permission_allowed", "in_call_recording"]


@pytest.mark.parametrize("command", ["pause_recording", "request_recording_permission", "output_media"])
async def test_commands_of_the_call_are_refused_before_it(command: str) -> None:
    async with stand_in(delays=Delays(dispatch_s=60)) as recall:
        bot = await send_bot(recall)
        status, answer = await ask(recall.url, "POST", f"{bot.id}/{command}/", PAGE)
    assert (status, answer["code"]) == (400, "cannot_command_unstarted_bot")

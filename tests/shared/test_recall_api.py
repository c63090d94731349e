import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from support import free_port

from shared.config import REHEARSAL_KEY, Secret
from shared.errors import Category, MeetingError, SpeechError
from shared.recall_api import Leaving, RecallApi

KEY = "key-CANARY"
BOT = '{"id": "b1", "status_changes": [], "meeting_url": {"platform": "zoom"}}'


class ScriptedRecall:
    """Gives the same answer to every call and keeps what was asked."""

    def __init__(self, status: int = 200, text: str = BOT, **headers: str) -> None:
        self.status, self.text, self.headers = status, text, headers
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.hangs = asyncio.Event()
        self.hangs.set()

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.raw_path, dict(request.headers), await request.read()))
        await self.hangs.wait()
        headers = {name.replace("_", "-"): value for name, value in self.headers.items()}
        return web.Response(status=self.status, text=self.text, headers=headers)


@contextlib.asynccontextmanager
async def api_to(recall: ScriptedRecall, answer_s: float = 5.0) -> AsyncIterator[RecallApi]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", recall.answer)
    async with TestServer(app) as server:
        api = RecallApi(str(server.make_url("/")), Secret(KEY), MeetingError, answer_s)
        yield api
        recall.hangs.set()
        await api.close()


async def test_a_bot_is_created_with_the_key_and_an_idempotency_key() -> None:
    recall = ScriptedRecall(status=201)
    async with api_to(recall) as api:
        bot = await api.create_bot({"bot_name": "Chime"}, "m-1:1")
    method, path, headers, body = recall.asked[0]
    assert (bot.id, method, path) == ("b1", "POST", "/api/v1/bot/")
    assert (headers["Authorization"], headers["Idempotency-Key"]) == (f"Token {KEY}", "m-1:1")
    assert msgspec.json.decode(body) == {"bot_name": "Chime"}


async def test_a_bot_is_retrieved_without_a_body_which_the_firewall_would_refuse() -> None:
    recall = ScriptedRecall()
    async with api_to(recall) as api:
        await api.retrieve_bot("b1")
    method, path, headers, body = recall.asked[0]
    assert (method, path, body) == ("GET", "/api/v1/bot/b1/", b"")
    assert "Content-Type" not in headers


async def test_the_latest_status_is_the_newest_one_wherever_it_stands() -> None:
    changes = (
        '{"code": "done", "created_at": "2026-01-10T09:00:03Z", "sub_code": "x"},'
        '{"code": "joining_call", "created_at": "2026-01-10T09:00:01.100000+00:00"}'
    )
    async with api_to(ScriptedRecall(text=f'{{"id": "b1", "status_changes": [{changes}]}}')) as api:
        bot = await api.retrieve_bot("b1")
    assert bot.status is not None
    assert (bot.status.code, bot.status.sub_code) == ("done", "x")


async def test_a_clip_goes_out_as_base64() -> None:
    recall = ScriptedRecall()
    async with api_to(recall) as api:
        await api.output_audio("b1", b"\xff\xf3mp3")
    method, path, _, body = recall.asked[0]
    assert (method, path) == ("POST", "/api/v1/bot/b1/output_audio/")
    assert msgspec.json.decode(body) == {"kind": "mp3", "b64_data": "//NtcDM="}


async def test_an_id_cannot_leave_its_place_in_the_path() -> None:
    recall = ScriptedRecall()
    async with api_to(recall) as api:
        await api.retrieve_bot("../x?y#z")
    assert recall.asked[0][1] == "/api/v1/bot/..%2Fx%3Fy%23z/"


@pytest.mark.parametrize(
    ("status", "text", "leaving"),
    [
        (200, BOT, Leaving.LEFT),
        (404, '{"detail": "Not found."}', Leaving.GONE),
        (400, '{"code": "cannot_command_completed_bot", "detail": "x"}', Leaving.GONE),
        (400, '{"code": "cannot_command_unstarted_bot", "detail": "x"}', Leaving.UNSTARTED),
    ],
)
async def test_leaving_tells_what_it_found(status: int, text: str, leaving: Leaving) -> None:
    async with api_to(ScriptedRecall(status=status, text=text)) as api:
        assert await api.leave_call("b1") is leaving


@pytest.mark.parametrize(("status", "taken_back"), [(204, True), (405, False), (400, False)])
async def test_a_bot_is_taken_back_only_while_it_is_scheduled(status: int, *, taken_back: bool) -> None:
    async with api_to(ScriptedRecall(status=status, text="")) as api:
        assert await api.delete_bot("b1") is taken_back


@pytest.mark.parametrize("status", [204, 404])
async def test_stopping_what_does_not_play_is_harmless(status: int) -> None:
    recall = ScriptedRecall(status=status, text="")
    async with api_to(recall) as api:
        await api.stop_output_audio("b1")
    assert recall.asked[0][0] == "DELETE"


@pytest.mark.parametrize("status", [200, 404])
async def test_erasing_what_is_gone_is_harmless(status: int) -> None:
    recall = ScriptedRecall(status=status)
    async with api_to(recall) as api:
        await api.delete_media("b1")
    assert recall.asked[0][1] == "/api/v1/bot/b1/delete_media/"


async def test_a_refusal_is_raised_as_the_callers_error_with_category_and_wait() -> None:
    async with api_to(ScriptedRecall(status=429, text="", Retry_After="7")) as api:
        with pytest.raises(MeetingError) as raised:
            await api.create_bot({}, "m-1:1")
    assert (raised.value.category, raised.value.retry_after_s) == (Category.RATE_LIMIT, 7.0)


async def test_the_key_never_shows_in_an_error() -> None:
    async with api_to(ScriptedRecall(status=400, text=f'{{"detail": "bad key {KEY}"}}')) as api:
        with pytest.raises(MeetingError) as raised:
            await api.create_bot({}, "m-1:1")
    assert "CANARY" not in str(raised.value)
    assert "bad key ***" in str(raised.value)


async def test_a_page_of_somebody_else_is_not_taken_for_recall() -> None:
    async with api_to(ScriptedRecall(text="<html>log in to the hotel</html>")) as api:
        with pytest.raises(MeetingError, match="not Recall"):
            await api.create_bot({}, "m-1:1")


async def test_a_redirect_is_refused_and_not_followed() -> None:
    recall = ScriptedRecall(status=302, text="", Location="https://example.org/")
    async with api_to(recall) as api:
        with pytest.raises(MeetingError, match="HTTP 302"):
            await api.retrieve_bot("b1")
    assert len(recall.asked) == 1


async def test_silence_is_a_timeout() -> None:
    recall = ScriptedRecall()
    recall.hangs.clear()
    async with api_to(recall, answer_s=0.1) as api:
        with pytest.raises(MeetingError) as raised:
            await api.retrieve_bot("b1")
    assert raised.value.category is Category.TIMEOUT


async def test_without_a_key_an_absent_stand_in_is_explained() -> None:
    api = RecallApi(f"http://127.0.0.1:{free_port()}", REHEARSAL_KEY, MeetingError)
    with pytest.raises(MeetingError) as raised:
        await api.create_bot({}, "m-1:1")
    assert raised.value.category is Category.CONNECTIVITY
    assert str(raised.value) == (
        "no RECALL_API_KEY is set and no rehearsal is running: set RECALL_API_KEY in .env, or run `chimein rehearse`"
    )
    await api.close()


async def test_an_unreachable_recall_is_named_by_its_address() -> None:
    address = f"http://127.0.0.1:{free_port()}"
    api = RecallApi(address, Secret(KEY), SpeechError)
    with pytest.raises(SpeechError, match=address):
        await api.retrieve_bot("b1")
    await api.close()

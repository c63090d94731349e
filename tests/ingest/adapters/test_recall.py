"""Recall as the meeting platform, against its stand-in."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from ears import Ear, bot_body, bot_request, listening
from recall_wire import Answer, CutLine, HastyClock, ScriptedRecall, api_to, cut_line

from ingest.adapters.recall import RecallPlatform
from ingest.ports import BotChange
from rehearsal.recall.options import Delays, Forced, Options
from rehearsal.recall.server import RecallServer
from shared.config import Secret
from shared.errors import Category, MeetingError
from shared.recall_api import RecallApi

SOCKET = "wss://ears.example.org/recall/m-1/?token=secret"
EMPTY = Answer(status=201, text="")
AT_ONCE = Delays(dispatch_s=0, join_s=0, consent_s=0, upload_s=0)


@contextlib.asynccontextmanager
async def platform_at(url: str, clock: HastyClock | None = None) -> AsyncIterator[RecallPlatform]:
    clock = clock or HastyClock()
    platform = RecallPlatform(RecallApi(url, Secret("key"), MeetingError, clock=clock), clock=clock)
    try:
        yield platform
    finally:
        await platform.close()


@contextlib.asynccontextmanager
async def platform_of(
    delays: Delays = AT_ONCE, clock: HastyClock | None = None
) -> AsyncIterator[tuple[RecallPlatform, RecallServer]]:
    async with RecallServer(Options(delays=delays)) as recall, platform_at(recall.url, clock) as platform:
        yield platform, recall


@contextlib.asynccontextmanager
async def platform_over(line_loses: int) -> AsyncIterator[tuple[RecallPlatform, RecallServer, CutLine]]:
    """The stand-in behind a line that loses so many answers."""
    async with (
        RecallServer(Options(delays=AT_ONCE)) as recall,
        cut_line(recall.url, line_loses) as line,
        platform_at(line.url) as platform,
    ):
        yield platform, recall, line


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    async with listening() as ear:
        yield ear


# -- sending -----------------------------------------------------------------------------------------------------------


async def test_a_bot_that_is_sent_comes_to_the_socket_with_its_meeting(ear: Ear) -> None:
    async with platform_of() as (platform, _):
        bot_id = await platform.send_bot(bot_request(ear.url))
        await ear.wait_until(lambda: ear.of("audio_mixed_raw.data"))
    assert ear.handshakes[0][0] == "/recall/m-1/?token=secret"
    assert ear.messages[0]["data"]["bot"] == {"id": bot_id, "metadata": {"meeting_id": "m-1"}}


async def test_a_lost_answer_leads_to_exactly_one_bot() -> None:
    async with platform_over(1) as (platform, recall, line):
        bot_id = await platform.send_bot(bot_request(SOCKET))
    assert line.keys == ["m-1:1", "m-1:1"]
    assert list(recall.bots) == [bot_id]


async def test_a_handler_that_runs_again_after_a_lost_answer_finds_the_same_bot() -> None:
    async with platform_over(1) as (platform, recall, _):
        first = await platform.send_bot(bot_request(SOCKET))
        again = await platform.send_bot(bot_request(SOCKET))
    assert list(recall.bots) == [first] == [again]


async def test_a_bot_whose_every_answer_was_lost_is_found_by_its_meeting() -> None:
    async with platform_over(20) as (platform, recall, line):
        bot_id = await platform.send_bot(bot_request(SOCKET))
    assert list(recall.bots) == [bot_id]
    assert set(line.keys) == {"m-1:1"}
    assert b"?metadata__meeting_id=m-1 " in line.requests[-1]


async def test_after_an_empty_pool_the_next_attempt_is_its_own_and_again_gives_one_bot() -> None:
    async with platform_over(0) as (platform, recall, line):
        recall.faults.answers.append(Forced(507))
        first = await platform.send_bot(bot_request(SOCKET))
        again = await platform.send_bot(bot_request(SOCKET))
    assert line.keys == ["m-1:1", "m-1:2", "m-1:1", "m-1:2"]
    assert list(recall.bots) == [first] == [again]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_burst_of_trouble_is_borne(status: int) -> None:
    async with platform_of() as (platform, recall):
        recall.faults.answers.extend([Forced(status, "<html>busy</html>", "1")] * 3)
        bot_id = await platform.send_bot(bot_request(SOCKET))
    assert list(recall.bots) == [bot_id]


@pytest.mark.parametrize(
    ("refusal", "category", "remedy"),
    [
        (Forced(401, '{"code": "authentication_failed", "detail": "x"}'), Category.AUTHENTICATION, "RECALL_REGION"),
        (Forced(402), Category.AUTHENTICATION, "top it up"),
        (Forced(403, "<html>403 Forbidden</html>"), Category.AUTHENTICATION, "WEBSOCKET_DOMAIN"),
    ],
)
async def test_a_refusal_names_its_remedy_and_no_bot_is_looked_for(
    refusal: Forced, category: Category, remedy: str
) -> None:
    async with platform_of() as (platform, recall):
        recall.faults.answers.append(refusal)
        with pytest.raises(MeetingError, match=remedy) as raised:
            await platform.send_bot(bot_request(SOCKET))
    assert raised.value.category is category
    assert recall.calls == [("POST", "/api/v1/bot/")]


async def test_a_url_that_recall_does_not_take_is_refused_with_its_complaint() -> None:
    async with platform_of() as (platform, _):
        with pytest.raises(MeetingError, match="meeting_url: The meeting_url is malformed") as raised:
            await platform.send_bot(bot_request(SOCKET, meeting_url="https://example.org/call"))
    assert raised.value.category is Category.INVALID


@pytest.mark.parametrize(
    "page",
    [
        '{"results": []}',
        '{"results": [{"id": "old", "metadata": {"meeting_id": "m-1"}, '
        '"status_changes": [{"code": "done", "created_at": "2026-01-10T09:00:00Z"}]}]}',
        '{"results": [{"id": "other", "metadata": {"meeting_id": "m-2"}}]}',
        "<html>",
    ],
)
async def test_where_no_bot_of_the_meeting_is_in_a_call_the_first_trouble_is_told(page: str) -> None:
    async with api_to(ScriptedRecall(EMPTY, Answer(text=page))) as api:
        with pytest.raises(MeetingError, match="not Recall"):
            await RecallPlatform(api).send_bot(bot_request(SOCKET))


async def test_a_bot_that_was_made_without_a_word_is_found() -> None:
    page = Answer(text='{"results": [{"id": "b7", "metadata": {"meeting_id": "m-1"}}]}')
    async with api_to(ScriptedRecall(EMPTY, page)) as api:
        assert await RecallPlatform(api).send_bot(bot_request(SOCKET)) == "b7"


# -- looking -----------------------------------------------------------------------------------------------------------


async def test_changes_are_told_in_order_of_time_with_their_reasons() -> None:
    listed = (
        '{"code": "fatal", "sub_code": "is_new", "created_at": "2026-01-10T09:00:02Z"},'
        '{"code": "joining_call", "sub_code": null, "created_at": "2026-01-10T09:00:01.1Z", "message": "hello"}'
    )
    described = Answer(text=f'{{"id": "b1", "status_changes": [{listed}], "is_new": 1}}')
    async with api_to(ScriptedRecall(described)) as api:
        changes = await RecallPlatform(api).changes("b1")
    assert changes == (
        BotChange(code="joining_call", at_ms=1768035601100),
        BotChange(code="fatal", sub_code="is_new", at_ms=1768035602000),
    )


# -- leaving -----------------------------------------------------------------------------------------------------------


class ArrivalClock(HastyClock):
    """Whoever sleeps on it wakes up when the bot has arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        await self.arrived.wait()
        await super().sleep(seconds)


async def test_a_bot_that_is_on_its_way_leaves_as_soon_as_it_can() -> None:
    clock = ArrivalClock()
    async with platform_of(Delays(dispatch_s=0.1, join_s=0), clock) as (platform, recall):
        bot_id = await platform.send_bot(bot_request(SOCKET))
        clock.arrived = recall.bots[bot_id].reached["in_call_not_recording"]
        assert await platform.leave(bot_id) is True
        await recall.bots[bot_id].reached["call_ended"].wait()


async def test_a_bot_that_stays_on_its_way_is_to_be_asked_again_later() -> None:
    clock = HastyClock()
    async with platform_of(Delays(dispatch_s=60), clock) as (platform, _):
        bot_id = await platform.send_bot(bot_request(SOCKET))
        with pytest.raises(MeetingError, match="still on its way") as raised:
            await platform.leave(bot_id)
    assert not raised.value.is_permanent
    assert raised.value.retry_after_s == 2.0
    assert sum(clock.slept) == 20


async def test_a_bot_that_is_scheduled_is_taken_back() -> None:
    async with platform_of() as (platform, recall):
        later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        api = RecallApi(recall.url, Secret("key"), MeetingError)
        bot = await api.create_bot(bot_body(join_at=later), "m-1:1")
        assert await platform.leave(bot.id) is True
        assert recall.bots == {}
        await api.close()


@pytest.mark.parametrize("code", ["call_ended", "done", "fatal", "media_expired"])
async def test_a_finished_bot_that_recall_calls_unstarted_is_gone(code: str) -> None:
    unstarted = Answer(status=400, text='{"code": "cannot_command_unstarted_bot", "detail": "x"}')
    change = f'{{"code": "{code}", "created_at": "2026-01-10T09:00:02Z"}}'
    described = Answer(text=f'{{"id": "b1", "status_changes": [{change}]}}')
    async with api_to(ScriptedRecall(unstarted, described)) as api:
        assert await RecallPlatform(api).leave("b1") is False


async def test_a_bot_that_vanishes_while_it_is_called_back_is_gone() -> None:
    unstarted = Answer(status=400, text='{"code": "cannot_command_unstarted_bot", "detail": "x"}')
    async with api_to(ScriptedRecall(unstarted, Answer(status=404, text=""))) as api:
        assert await RecallPlatform(api).leave("b1") is False


async def test_a_lost_answer_to_leaving_still_ends_the_call(ear: Ear) -> None:
    async with platform_over(0) as (platform, recall, line):
        bot_id = await platform.send_bot(bot_request(ear.url))
        await recall.bots[bot_id].reached["in_call_recording"].wait()
        line.lose = 1
        await platform.leave(bot_id)
        await recall.bots[bot_id].reached["done"].wait()
    assert [change["sub_code"] for change in recall.bots[bot_id].status_changes[-2:]] == [
        "bot_received_leave_call",
        None,
    ]


# -- erasing -----------------------------------------------------------------------------------------------------------


async def test_recall_is_told_to_erase_what_it_keeps() -> None:
    async with platform_of() as (platform, recall):
        bot_id = await platform.send_bot(bot_request(SOCKET))
        await platform.erase_media(bot_id)
        assert recall.bots[bot_id].media_deleted

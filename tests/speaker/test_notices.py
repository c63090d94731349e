"""The announcement and the confirmations of one meeting, on a real server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from support import eventually, facts_of, new_meeting

from shared.bus import Bus, Epoch
from shared.clock import SystemClock
from shared.connections import close, connect
from shared.errors import Category, SpeechError
from shared.events import BotJoined, ConsentAnnounced, MeetingStateChanged, NoticeChatted, Settings, WishHeard
from shared.meetings import write_of
from shared.sessions import OwnedMeeting
from shared.streams import ShardKeys
from shared.tail import Tail
from shared.waiting import end
from shared.worker import Worker
from speaker.adapters.scripted import ScriptedChat, ScriptedOutlet, ScriptedVoice
from speaker.speaking import Means, speak

CLOSED = SpeechError("the chat is closed", category=Category.INVALID)


class Call:
    """A meeting that the bot has come into."""

    def __init__(self, bus: Bus, meeting_id: str) -> None:
        self.bus, self.id, self.chat, self.outlet = bus, meeting_id, ScriptedChat(), ScriptedOutlet(SystemClock())

    async def told(self) -> ConsentAnnounced | None:
        return next((one for one in await facts_of(self.bus, self.id) if isinstance(one, ConsentAnnounced)), None)


@contextlib.asynccontextmanager
async def call_with(bus: Bus, redis_url: str, *failures: SpeechError, **settings: object) -> AsyncIterator[Call]:
    call = Call(bus, await new_meeting(bus, settings=Settings(**settings)))
    call.chat.failures.extend(failures)
    client = connect(redis_url)
    tail = Tail(client)
    reading = asyncio.create_task(tail.run())
    await bus.redis.hset(ShardKeys(3).own("speaker"), "epoch", 1)
    owned = OwnedMeeting(call.id, Epoch("speaker", 3, 1), Worker("speaker", bus, tail, SystemClock()))
    for fact in (
        BotJoined(id="b", meeting_id=call.id, at=1, bot_id="bot-1"),
        MeetingStateChanged(id="s", meeting_id=call.id, at=1, status="listening"),
    ):
        await bus.write(call.id, write_of(fact))
    speaking = asyncio.create_task(speak(owned, Means(ScriptedVoice(), {"clips": call.outlet}, call.chat)))
    try:
        yield call
    finally:
        await end(speaking, reading)
        await close(client)


async def test_the_chat_is_told_once_and_that_is_on_record(bus: Bus, redis_url: str) -> None:
    async with call_with(bus, redis_url, announce="chat", invited_by="Ada") as call:
        await eventually(call.told)
        ((bot_id, text),) = call.chat.sent
        told = await call.told()
    assert (bot_id, told.via, told.text, told.problem) == ("bot-1", "chat", text, "")
    assert "Ada invited me" in text


async def test_where_the_chat_is_closed_it_is_said_aloud(bus: Bus, redis_url: str) -> None:
    async with call_with(bus, redis_url, CLOSED, announce="chat") as call:
        await eventually(call.told, within_s=20)
        told = await call.told()
    assert (told.via, told.problem) == ("aloud", "the chat is closed")


async def test_where_nothing_is_possible_that_is_on_record(bus: Bus, redis_url: str) -> None:
    async with call_with(bus, redis_url, CLOSED, announce="chat", speak=False) as call:
        await eventually(call.told)
        told = await call.told()
    assert told.via == "none"
    assert "the chat is closed" in told.problem


async def test_nothing_is_announced_where_nobody_wants_it(bus: Bus, redis_url: str) -> None:
    async with call_with(bus, redis_url, announce="none") as call:
        wish = {"wish": "pause", "by": "Maya", "via": "chat"}
        await bus.append(call.id, WishHeard(id="w", meeting_id=call.id, at=SystemClock().now_ms(), **wish))
        await eventually(lambda: len(call.chat.sent) == 1)
        assert await call.told() is None
    assert call.chat.sent[0][1].startswith("Off the record")
    assert [one.cause_id for one in await facts_of(bus, call.id) if isinstance(one, NoticeChatted)] == ["w"]


@pytest.mark.parametrize("at_ms", [1])
async def test_an_old_wish_is_not_confirmed_any_more(bus: Bus, redis_url: str, at_ms: int) -> None:
    async with call_with(bus, redis_url, announce="chat") as call:
        await bus.append(call.id, WishHeard(id="w", meeting_id=call.id, at=at_ms, wish="pause", by="Maya", via="chat"))
        await eventually(call.told)
    assert len(call.chat.sent) == 1

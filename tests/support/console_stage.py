"""The console before a gateway of its own, and meetings whose every fact is written by hand."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from aiohttp.test_utils import TestServer

from gateway.app import build_app
from gateway.config import from_env
from rehearsal.recordings import SAMPLE, Script, Segment
from shared.bus import Bus, Write, connect
from shared.events import (
    ActionItem,
    Asked,
    BotJoined,
    Brief,
    BriefWritten,
    CaptionChanged,
    Cite,
    Event,
    GapFound,
    Line,
    LineHeard,
    MeetingRequested,
    MeetingStateChanged,
    ParticipantJoined,
    Point,
    QuestionAnswered,
    SentenceComposed,
    Settings,
    SpeechFinished,
    SpeechStarted,
    TranscriptCompleted,
    new_id,
)
from shared.explanations import explain
from shared.meetings import Status, write_of
from shared.streams import (
    COMMITTED,
    CREATED_AT,
    DEFAULT_TENANT,
    MIXED,
    ORIGIN,
    PLATFORM,
    RECEIVED,
    SETTINGS,
    SOCKET_TOKEN,
    STATUS,
    MeetingKeys,
    new_meeting_id,
)

SCRIPT = msgspec.json.decode(SAMPLE.with_suffix(".json").read_bytes(), type=Script)


class Told:
    """One meeting that is told fact by fact."""

    def __init__(self, bus: Bus, meeting_id: str, began_at: int) -> None:
        self.bus, self.id, self.began_at = bus, meeting_id, began_at
        self.lines: list[Line] = []

    async def tell(self, kind: type[Event], **fields: object) -> Event:
        head = {"id": new_id(), "meeting_id": self.id, "at": round(time.time() * 1000)}
        event = kind(**{**head, **fields})
        await self.bus.write(self.id, write_of(event))
        return event

    async def enter(self, status: Status, sub_code: str = "") -> None:
        await self.tell(MeetingStateChanged, status=status, sub_code=sub_code, explanation=explain(status, sub_code))

    async def come(self, *names: str) -> None:
        for name in names:
            await self.tell(ParticipantJoined, participant_id=name.lower(), name=name)

    async def hear(self, *segments: Segment) -> None:
        for segment in segments:
            start_ms, end_ms = round(segment.start * 1000), round(segment.end * 1000)
            line = Line(
                id=f"l{len(self.lines)}", track=MIXED, speaker=segment.speaker, start_ms=start_ms, end_ms=end_ms,
                text=segment.text,
            )  # fmt: skip
            self.lines.append(line)
            await self.tell(LineHeard, at=self.began_at + end_ms, line=line)
        end_ms = self.lines[-1].end_ms
        state = {RECEIVED + MIXED: end_ms + 400, COMMITTED + MIXED: end_ms, ORIGIN: self.began_at}
        await self.bus.redis.hset(MeetingKeys(self.id).state, mapping=state)

    async def caption(self, speaker: str, text: str) -> None:
        end_ms = (self.lines[-1].end_ms if self.lines else 0) + 2000
        caption = CaptionChanged(
            id=new_id(), meeting_id=self.id, at=self.began_at + end_ms, track=MIXED, speaker=speaker,
            start_ms=end_ms - 1500, end_ms=end_ms, text=text,
        )  # fmt: skip
        await self.bus.write(self.id, Write(captions=(caption,)))

    def cite(self, number: int) -> Cite:
        line = self.lines[number]
        return Cite(line_id=line.id, speaker=line.speaker, at_ms=line.start_ms)

    async def ask(self, question: str, *, by: str = "console", via: str = "api", question_id: str = "q1") -> str:
        await self.tell(Asked, question=question, asked_by=by, via=via, question_id=question_id)
        return question_id

    async def answer(self, question_id: str, question: str, text: str, *cites: int) -> None:
        told: dict[str, Any] = {"cause_id": question_id, "cites": [self.cite(n) for n in cites]}
        await self.tell(SentenceComposed, id=f"{question_id}/0", n=0, text=text, speak=True, is_last=True, **told)
        await self.tell(QuestionAnswered, question=question, asked_by="console", answer=text, spoken=True, **told)

    async def say(self, sentence: str, text: str) -> None:
        at = self.began_at + self.lines[-1].end_ms + 600
        await self.tell(SpeechStarted, at=at, cause_id=sentence, text=text, duration_ms=3000, first_audio_ms=90)

    async def fall_silent(self, sentence: str) -> None:
        await self.tell(SpeechFinished, cause_id=sentence, heard_ms=3000)

    async def lose(self, from_ms: int, to_ms: int, cause: str) -> None:
        await self.tell(GapFound, track=MIXED, from_ms=from_ms, to_ms=to_ms, cause=cause)

    async def complete(self) -> None:
        heard_ms, count = self.lines[-1].end_ms, len(self.lines)
        await self.tell(TranscriptCompleted, verdict="complete", heard_ms=heard_ms, missing_ms=0, lines=count)

    async def brief(self) -> None:
        brief = Brief(
            title="Invoice export starts, certificate is missing",
            summary="Tom finished the login timeout fix and begins the invoice export. He waits for the certificate of "
            "the staging server; Maya talks to Karen from the platform group right after the call.",
            key_points=[
                Point(text="The login timeout fix passed review on Friday.", cites=[self.cite(1)]),
                Point(text="The certificate was asked for on Thursday, and nobody answered.", cites=[self.cite(3)]),
            ],
            decisions=[Point(text="The invoice export goes first.", cites=[self.cite(1), self.cite(2)])],
            action_items=[
                ActionItem(
                    task="Talk to Karen from the platform group about the certificate", owner="Maya",
                    due="right after this call", due_on=None, cites=[self.cite(4)],
                ),
                ActionItem(
                    task="Start on the invoice export", owner="Tom", due="today", due_on="2026-11-23",
                    cites=[self.cite(1)],
                ),
            ],
            open_questions=[Point(text="Is the certificate ready before the release?", cites=[self.cite(3)])],
            made_by="rules, no language model",
            upto_line_id=self.lines[-1].id,
        )  # fmt: skip
        await self.tell(BriefWritten, brief=brief)


class ConsoleStage:
    """`url` is the console's."""

    def __init__(self, bus: Bus, url: str) -> None:
        self.bus, self.url = bus, url

    def page_of(self, meeting: Told) -> str:
        return f"{self.url}?meeting={meeting.id}"

    async def meeting(self, *, platform: str = "google_meet", title: str = "", ago_ms: int = 0) -> Told:
        """One that was asked for."""
        meeting_id, began_at = new_meeting_id(3), round(time.time() * 1000) - ago_ms
        keys, settings = MeetingKeys(meeting_id), Settings(title=title)
        state = {
            STATUS: "requested", PLATFORM: platform, SETTINGS: msgspec.json.encode(settings).decode(),
            CREATED_AT: str(began_at), SOCKET_TOKEN: "secret",
        }  # fmt: skip
        await self.bus.redis.hset(keys.state, mapping=state)
        await self.bus.redis.zadd(keys.shard.meetings, {meeting_id: began_at})
        await self.bus.redis.zadd(keys.shard.listing(DEFAULT_TENANT), {meeting_id: began_at})
        await self.bus.redis.sadd(keys.shard.active, meeting_id)
        told = Told(self.bus, meeting_id, began_at)
        await told.tell(MeetingRequested, at=began_at, platform=platform, settings=settings)
        return told

    async def standup(self, lines: int = 14, *, title: str = "Monday standup", ago_ms: int = 0) -> Told:
        """The sample meeting, that far."""
        meeting = await self.meeting(title=title, ago_ms=ago_ms)
        await meeting.tell(BotJoined, bot_id="bot")
        await meeting.enter(Status.LISTENING)
        await meeting.come(*(speaker.name for speaker in SCRIPT.speakers))
        await meeting.hear(*SCRIPT.segments[:lines])
        return meeting


@contextlib.asynccontextmanager
async def console_stage(redis_url: str, **settings: str) -> AsyncIterator[ConsoleStage]:
    """On an empty server."""
    clients = [connect(redis_url) for _ in range(3)]
    await clients[0].flushall()
    app = build_app(from_env({"REDIS_URL": redis_url, **settings}), Bus(clients[0]), clients[1])
    async with TestServer(app, shutdown_timeout=1) as server:
        yield ConsoleStage(Bus(clients[2]), f"http://127.0.0.1:{server.port}/")
    await asyncio.gather(*(client.aclose() for client in clients))

"""Carries out what people in a meeting want to be kept or not: at once, once, and by whoever has the meeting now."""

import asyncio

import structlog

from brain.addressed.wishing import Wishing
from brain.erasures import IN_THE_MEETING, Erasures
from shared.audit import AuditLog, Deed
from shared.bus import Write
from shared.events import (
    ChatReceived,
    EraseMeeting,
    Event,
    LeaveMeeting,
    LineHeard,
    MeetingRequested,
    NoticeChatted,
    ParticipantJoined,
    ParticipantRenamed,
    RecordPaused,
    RecordResumed,
    WishHeard,
    effect,
)
from shared.meetings import state_of
from shared.sessions import OwnedMeeting
from shared.streams import INGEST, TENANT
from shared.waiting import end, first_of
from shared.wishes import Wish

FAREWELL_S = 3.0
"""Before it goes or forgets, so that people see that it was understood."""
DEEDS = {Wish.PAUSE: Deed.PAUSE, Wish.RESUME: Deed.RESUME, Wish.LEAVE: Deed.LEAVE}
"""The erasure of a meeting is written down by who erases it."""

log = structlog.get_logger()


class Wishes:
    """Of one owned meeting. A wish that is on the timeline was carried out, or is about to be."""

    def __init__(self, meeting: OwnedMeeting, audit: AuditLog) -> None:
        self._meeting, self._audit = meeting, audit
        self._wishing = Wishing()
        self._known: set[str] = set()
        self._erasures = Erasures(meeting)
        self._confirmed: dict[str, asyncio.Event] = {}
        self._going: dict[str, asyncio.Task[None]] = {}

    def remember(self, fact: Event) -> None:
        """Before anything is considered."""
        if isinstance(fact, WishHeard):
            self._known.add(fact.cause_id)
        self._erasures.remember(fact)

    async def note(self, fact: Event, *, is_past: bool = False) -> bool:
        """Whether it was a wish, and so no question. What is past was carried out by who had the meeting then."""
        await self._erasures.note(fact)
        match fact:
            case MeetingRequested():
                self._wishing = Wishing(fact.settings.bot_name)
            case ParticipantJoined() | ParticipantRenamed():
                self._wishing.meet(fact.name)
            case LineHeard() if not is_past:
                wish = self._wishing.spoken(fact.line.speaker, fact.line.text)
                return await self._hear(wish, fact, fact.line.speaker, "voice", fact.line.participant_id)
            case ChatReceived() if not is_past:
                wish = self._wishing.chatted(fact.name, fact.text, fact.to)
                return await self._hear(wish, fact, fact.name, "chat", fact.participant_id)
            case WishHeard(wish=Wish.LEAVE | Wish.FORGET | Wish.FORGET_ME):
                self._go(fact)
            case NoticeChatted() if fact.cause_id in self._confirmed:
                self._confirmed[fact.cause_id].set()
        return False

    async def close(self) -> None:
        await end(*self._going.values())

    async def _hear(
        self, wish: Wish | None, cause: LineHeard | ChatReceived, by: str, via: str, participant_id: str
    ) -> bool:
        if wish is None:
            return False
        if cause.id not in self._known:
            self._known.add(cause.id)
            told = {"wish": str(wish), "by": by, "via": via, "participant_id": participant_id}
            heard = effect(WishHeard, cause, "wish", self._meeting.clock, **told)
            changed = self._change(wish, cause, by, via)
            state = state_of(changed[0]) if changed else {}
            await self._meeting.write(Write(facts=(heard, *changed), state=state))
            await self._write_down(wish, heard)
            log.info("wish.heard", wish=wish, via=via)
        return True

    def _change(self, wish: Wish, cause: LineHeard | ChatReceived, by: str, via: str) -> tuple[Event, ...]:
        clock = self._meeting.clock
        if wish is Wish.PAUSE:
            from_ms = cause.line.end_ms if isinstance(cause, LineHeard) else 0
            return (effect(RecordPaused, cause, "paused", clock, by=by, via=via, from_ms=from_ms),)
        if wish is Wish.RESUME:
            return (effect(RecordResumed, cause, "resumed", clock, by=by, via=via),)
        return ()

    async def _write_down(self, wish: Wish, heard: WishHeard) -> None:
        if deed := DEEDS.get(wish):
            tenant = (await self._meeting.bus.state(self._meeting.id)).get(TENANT, "")
            await self._audit.note(tenant, deed, IN_THE_MEETING, self._meeting.id, heard.id)

    def _go(self, heard: WishHeard) -> None:
        command = self._command(heard)
        if command and heard.id not in self._going:
            self._confirmed[heard.id] = asyncio.Event()
            self._going[heard.id] = asyncio.create_task(
                self._carry_out(heard, command), name=f"wish of {heard.meeting_id}"
            )

    def _command(self, heard: WishHeard) -> Event | None:
        """None where there is nothing to do."""
        clock = self._meeting.clock
        if heard.wish == Wish.FORGET:
            return effect(EraseMeeting, heard, "erase", clock, by=IN_THE_MEETING)
        if heard.wish == Wish.FORGET_ME:
            return self._erasures.wanted(heard, heard.participant_id)
        return effect(LeaveMeeting, heard, "leave", clock)

    async def _carry_out(self, heard: WishHeard, command: Event) -> None:
        """A command that is sent twice is done once."""
        await first_of(self._confirmed[heard.id].wait(), self._meeting.clock.sleep(FAREWELL_S))
        await self._meeting.clock.sleep(FAREWELL_S if self._confirmed[heard.id].is_set() else 0)
        await self._meeting.write(Write(send=(INGEST, command)))

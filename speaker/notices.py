"""Tells people that it listens, before a word is written, and confirms what they wished, in the meeting's chat."""

import asyncio

import structlog

from shared.errors import SpeechError
from shared.events import (
    BotJoined,
    ConsentAnnounced,
    Event,
    MeetingRequested,
    MeetingStateChanged,
    NoticeChatted,
    SentenceComposed,
    Settings,
    SpeechCut,
    SpeechFinished,
    effect,
)
from shared.meetings import INSIDE, write_of
from shared.sessions import OwnedMeeting
from shared.waiting import end, first_of
from speaker.announcement import announcement, confirmation, spoken_announcement
from speaker.ports import Chat

PERISHED_MS = 60_000
ALOUD_WITHIN_S = 25.0
"""An announcement that has not been said by then is told as such."""

log = structlog.get_logger()


class Notices:
    """Of one owned meeting. What is on the timeline was said; the announcement may be said twice after a crash."""

    def __init__(self, meeting: OwnedMeeting, chat: Chat) -> None:
        self._meeting, self._chat = meeting, chat
        self._settings, self._bot_id = Settings(), ""
        self._is_inside = self._is_announced = False
        self._due: dict[str, Event] = {}
        """What is to be confirmed, by id."""
        self._unsaid: set[str] = set()
        """Sentences of the announcement."""
        self._said = asyncio.Event()
        self._announcing: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()

    def hear(self, fact: Event) -> None:
        match fact:
            case MeetingRequested():
                self._settings = fact.settings
            case BotJoined():
                self._bot_id = fact.bot_id
            case MeetingStateChanged():
                self._is_inside = fact.status in INSIDE
            case ConsentAnnounced():
                self._is_announced = True
            case NoticeChatted():
                self._due.pop(fact.cause_id, None)
            case SpeechFinished() | SpeechCut():
                self._hear_said(fact.cause_id)
            case _ if confirmation(fact, self._settings.bot_name):
                self._due[fact.id] = fact

    def _hear_said(self, sentence_id: str) -> None:
        self._unsaid.discard(sentence_id)
        if not self._unsaid:
            self._said.set()

    async def act(self) -> None:
        """Begins what is due. Raises FencedError."""
        is_wanted = self._settings.announce != "none" and not self._is_announced and self._is_inside and self._bot_id
        if is_wanted and self._announcing is None:
            self._announcing = asyncio.create_task(self._announce(), name=f"announcement {self._meeting.id}")
        for fact in list(self._due.values()):
            del self._due[fact.id]
            if self._bot_id and self._meeting.clock.now_ms() - fact.at <= PERISHED_MS:
                await self._confirm(fact)

    async def close(self) -> None:
        await end(*([self._announcing] if self._announcing else []))
        await asyncio.gather(*self._sending, return_exceptions=True)

    # -- the announcement --------------------------------------------------------------------------------------------

    async def _announce(self) -> None:
        """In the ways that were asked for; where the chat is closed, aloud."""
        wanted, text, problems = self._settings.announce, announcement(self._settings), list[str]()
        ways = []
        if wanted in {"chat", "both"} and await self._is_chatted(text, problems):
            ways.append("chat")
        if (wanted in {"aloud", "both"} or not ways) and await self._is_spoken(problems):
            ways.append("aloud")
        told = ConsentAnnounced(
            id=f"{self._meeting.id}/consent",
            meeting_id=self._meeting.id,
            at=self._meeting.clock.now_ms(),
            via={0: "none", 2: "both"}.get(len(ways), "".join(ways)),
            text=text,
            problem=" ".join(problems),
        )
        await self._meeting.write(write_of(told))
        log.info("consent.announced", via=told.via)

    async def _is_chatted(self, text: str, problems: list[str]) -> bool:
        try:
            await self._chat.send_chat_message(self._bot_id, text)
        except SpeechError as error:
            problems.append(error.reason)
            return False
        return True

    async def _is_spoken(self, problems: list[str]) -> bool:
        """Whether it was said to its end, or at least begun, in time."""
        if not self._settings.speak:
            problems.append("It may not speak in this meeting.")
            return False
        sentences = self._sentences()
        self._unsaid = {sentence.id for sentence in sentences}
        self._said.clear()
        for sentence in sentences:
            await self._meeting.write(write_of(sentence))
        await first_of(self._said.wait(), self._meeting.clock.sleep(ALOUD_WITHIN_S))
        if not self._said.is_set():
            problems.append("It could not be said aloud in time.")
        return self._said.is_set()

    def _sentences(self) -> list[SentenceComposed]:
        """A text to be said, as any other."""
        texts, now_ms = spoken_announcement(self._settings), self._meeting.clock.now_ms()
        return [
            SentenceComposed(
                id=f"{self._meeting.id}/announcement/{now_ms}/{n}",
                cause_id=f"{self._meeting.id}/announcement",
                meeting_id=self._meeting.id,
                at=now_ms,
                n=n,
                text=text,
                speak=True,
                is_last=n == len(texts) - 1,
            )
            for n, text in enumerate(texts)
        ]

    # -- confirmations -------------------------------------------------------------------------------------------------

    async def _confirm(self, fact: Event) -> None:
        """The intent first: after a crash it is not sent again."""
        text = confirmation(fact, self._settings.bot_name)
        await self._meeting.write(write_of(effect(NoticeChatted, fact, "notice", self._meeting.clock, text=text)))
        task = asyncio.create_task(self._send(text), name=f"notice {fact.id}")
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, text: str) -> None:
        try:
            await self._chat.send_chat_message(self._bot_id, text)
        except SpeechError as error:
            log.warning("notice.failed", category=error.category, reason=error.reason)

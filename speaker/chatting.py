"""Who asked in the meeting's chat is answered there too."""

import asyncio
from collections.abc import Sequence

import structlog

from shared.errors import SpeechError
from shared.events import AnswerChatted, Asked, BotJoined, Cite, Event, QuestionAnswered, QuestionFailed
from shared.meetings import write_of
from shared.sessions import OwnedMeeting
from speaker.ports import Chat

PERISHED_MS = 60_000
"""People have scrolled on by then."""

log = structlog.get_logger()


class Chatting:
    """The intent is on the timeline before the message is sent: after a crash it is not sent again."""

    def __init__(self, meeting: OwnedMeeting, chat: Chat) -> None:
        self._meeting, self._chat = meeting, chat
        self._bot_id = ""
        self._asked: set[str] = set()
        """Questions from the chat that have no answer there."""
        self._due: dict[str, QuestionAnswered | QuestionFailed] = {}
        self._sending: set[asyncio.Task[None]] = set()

    def hear(self, fact: Event) -> None:
        match fact:
            case BotJoined():
                self._bot_id = fact.bot_id
            case Asked(via="chat"):
                self._asked.add(fact.question_id)
            case QuestionAnswered() | QuestionFailed() if fact.cause_id in self._asked:
                self._due[fact.cause_id] = fact
            case AnswerChatted():
                self._asked.discard(fact.cause_id)
                self._due.pop(fact.cause_id, None)

    async def act(self) -> None:
        """Announces what is due and begins to send it. Raises FencedError."""
        for outcome in list(self._due.values()):
            del self._due[outcome.cause_id]
            if self._meeting.clock.now_ms() - outcome.at > PERISHED_MS:
                continue
            chatted = self._answer(outcome)
            await self._meeting.write(write_of(chatted))
            self.hear(chatted)
            task = asyncio.create_task(self._send(chatted), name=f"chat {chatted.id}")
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    def _answer(self, outcome: QuestionAnswered | QuestionFailed) -> AnswerChatted:
        if isinstance(outcome, QuestionAnswered):
            text = " ".join([outcome.answer, *sources(outcome.cites)])
        else:
            text = f"I cannot answer that: {outcome.reason}"
        return AnswerChatted(
            id=f"{outcome.cause_id}/chatted",
            cause_id=outcome.cause_id,
            meeting_id=outcome.meeting_id,
            at=self._meeting.clock.now_ms(),
            trace=outcome.trace,
            text=text,
        )

    async def _send(self, chatted: AnswerChatted) -> None:
        try:
            await self._chat.send_chat_message(self._bot_id, chatted.text)
        except SpeechError as error:
            log.warning("chat.failed", category=error.category, reason=error.reason)

    async def close(self) -> None:
        await asyncio.gather(*self._sending, return_exceptions=True)


def sources(cites: Sequence[Cite]) -> list[str]:
    """`(Maya, 2:03)`"""
    named = dict.fromkeys(f"{cite.speaker}, {cite.at_ms // 60_000}:{cite.at_ms // 1000 % 60:02}" for cite in cites)
    return [f"({'; '.join(named)})"] if named else []

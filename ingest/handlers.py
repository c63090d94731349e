"""What ingest does with each command. Every handler may run twice: the ids of its effects repeat."""

from collections.abc import AsyncIterator

from ingest.erasing import erase
from ingest.erasing_words import erase_words
from ingest.ports import BotChange, BotRequest
from ingest.reporting import end_of_meeting, report, state_changed
from ingest.resources import Ingest
from shared.audit import Deed
from shared.commands import Handler
from shared.errors import MeetingError
from shared.events import (
    BotJoined,
    BotLeft,
    EraseMeeting,
    EraseWords,
    Event,
    JoinMeeting,
    JoinRefused,
    LeaveMeeting,
    LeaveRefused,
    MeetingStateChanged,
    ReportBotStatus,
    effect,
)
from shared.meetings import FINAL, Status
from shared.socket_tokens import media_subject, new_token
from shared.streams import BOT_ID, SOCKET_TOKEN, STATUS


async def on_join_meeting(command: JoinMeeting, ingest: Ingest) -> AsyncIterator[Event]:
    state = await ingest.bus.state(command.meeting_id)
    token = new_token(state[SOCKET_TOKEN], command.meeting_id, command.at / 1000)
    request = BotRequest(
        meeting_id=command.meeting_id,
        meeting_url=command.meeting_url,
        settings=command.settings,
        socket_urls=ingest.settings.socket_urls(command.meeting_id, token),
        media_url=media_url(command, state[SOCKET_TOKEN]),
    )
    try:
        bot_id = await ingest.platform.send_bot(request)
    except MeetingError as error:
        yield effect(JoinRefused, command, "refused", ingest.clock, reason=error.reason, category=error.category)
        return
    yield effect(BotJoined, command, "joined", ingest.clock, bot_id=bot_id)
    if (await ingest.bus.state(command.meeting_id)).get(STATUS) == Status.REQUESTED:
        yield effect(MeetingStateChanged, command, "joining", ingest.clock, status=Status.JOINING)


def media_url(command: JoinMeeting, secret: str) -> str:
    """The page that the bot speaks through, if it speaks so."""
    if command.settings.outlet != "media":
        return ""
    token = new_token(secret, media_subject(command.meeting_id), command.at / 1000)
    return f"{command.public_url}/media/{command.meeting_id}/{token}/"


async def on_leave_meeting(command: LeaveMeeting, ingest: Ingest) -> AsyncIterator[Event]:
    state = await ingest.bus.state(command.meeting_id)
    already = state.get(STATUS) in FINAL or BOT_ID not in state
    try:
        if not already:
            already = not await ingest.platform.leave(state[BOT_ID])
    except MeetingError as error:
        yield effect(LeaveRefused, command, "refused", ingest.clock, reason=error.reason, category=error.category)
        return
    yield effect(BotLeft, command, "left", ingest.clock, already=already)
    if state.get(STATUS) not in FINAL:
        ended = state_changed(command, ingest, Status.ENDED, "", 0)
        async for fact in end_of_meeting(ended, state, ingest):
            yield fact


async def on_report_bot_status(command: ReportBotStatus, ingest: Ingest) -> AsyncIterator[Event]:
    """A report about another bot than the meeting's own, of an attempt given up, means nothing."""
    state = await ingest.bus.state(command.meeting_id)
    if command.bot_id != state.get(BOT_ID, command.bot_id):
        return
    change = BotChange(code=command.code, sub_code=command.sub_code, at_ms=command.updated_at_ms)
    async for fact in report(command, change, ingest):
        yield fact


async def on_erase_meeting(command: EraseMeeting, ingest: Ingest) -> AsyncIterator[Event]:
    """MeetingErased is written by the script that erases."""
    await erase(command, Deed.ERASURE, ingest)
    return
    yield  # an async generator like its siblings, with nothing left to publish


async def on_erase_words(command: EraseWords, ingest: Ingest) -> AsyncIterator[Event]:
    """WordsErased is written by the script that writes the timeline anew."""
    await erase_words(command, ingest)
    return
    yield  # an async generator like its siblings


HANDLERS: dict[type[Event], Handler] = {
    JoinMeeting: on_join_meeting,
    LeaveMeeting: on_leave_meeting,
    ReportBotStatus: on_report_bot_status,
    EraseMeeting: on_erase_meeting,
    EraseWords: on_erase_words,
}

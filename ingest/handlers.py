"""What ingest does with each command. Every handler may run twice: the ids of its effects repeat."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import redis.exceptions
import structlog

from ingest.config import IngestSettings
from ingest.ports import BotRequest, MeetingPlatform
from shared.bus import Bus
from shared.clock import Clock
from shared.commands import Handler
from shared.errors import MeetingError
from shared.events import (
    CODEC,
    AudioEnded,
    BotJoined,
    BotLeft,
    EraseMeeting,
    Event,
    JoinMeeting,
    JoinRefused,
    LeaveMeeting,
    LeaveRefused,
    MeetingErased,
    MeetingStateChanged,
    ReportBotStatus,
    effect,
)
from shared.meetings import FINAL, Status, explain, is_forward, status_of_code
from shared.streams import BOT_ID, CHUNK_MS, COMMITTED, SOCKET_TOKEN, STATUS, MeetingKeys, source_ms_of

QUIET_S = 0.5
QUIET_CHECKS = 10
ERASED_SHOWN_MS = 3000
"""How long the fact that a meeting was erased can still be read by those who wait for it."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Ingest:
    """What the handlers need."""

    bus: Bus
    platform: MeetingPlatform
    settings: IngestSettings
    clock: Clock


async def on_join_meeting(command: JoinMeeting, ingest: Ingest) -> AsyncIterator[Event]:
    state = await ingest.bus.state(command.meeting_id)
    request = BotRequest(
        meeting_id=command.meeting_id,
        meeting_url=command.meeting_url,
        settings=command.settings,
        socket_url=ingest.settings.socket_url(command.meeting_id, state[SOCKET_TOKEN]),
    )
    try:
        bot_id = await ingest.platform.send_bot(request)
    except MeetingError as error:
        yield effect(JoinRefused, command, "refused", ingest.clock, reason=error.reason, category=error.category)
        return
    yield effect(BotJoined, command, "joined", ingest.clock, bot_id=bot_id)


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
        async for fact in end_of_meeting(command, ingest, Status.ENDED, ""):
            yield fact


async def on_report_bot_status(command: ReportBotStatus, ingest: Ingest) -> AsyncIterator[Event]:
    """States only ever move forward, whatever order the reports come in."""
    state = await ingest.bus.state(command.meeting_id)
    status = status_of_code(command.code)
    if status is None or not is_forward(state.get(STATUS, ""), status):
        return
    if status in FINAL:
        async for fact in end_of_meeting(command, ingest, status, command.sub_code):
            yield fact
        return
    yield state_changed(command, ingest, status, command.sub_code)


async def end_of_meeting(command: Event, ingest: Ingest, status: Status, sub_code: str) -> AsyncIterator[Event]:
    """The state, and once no more audio comes, the end of the audio. Both have one id per meeting."""
    yield state_changed(command, ingest, status, sub_code)
    heard_ms = await audio_at_rest(command.meeting_id, ingest)
    yield AudioEnded(
        id=f"{command.meeting_id}/audio-ended",
        meeting_id=command.meeting_id,
        cause_id=command.id,
        at=ingest.clock.now_ms(),
        trace=command.trace,
        heard_ms=heard_ms,
    )


def state_changed(command: Event, ingest: Ingest, status: Status, sub_code: str) -> MeetingStateChanged:
    """A meeting ends once, whoever reports it; other states may come again."""
    return MeetingStateChanged(
        id=f"{command.meeting_id}/{status}" if status in FINAL else f"{command.id}/state",
        meeting_id=command.meeting_id,
        cause_id=command.id,
        at=ingest.clock.now_ms(),
        trace=command.trace,
        status=status,
        sub_code=sub_code,
        explanation=explain(status, sub_code),
    )


async def audio_at_rest(meeting_id: str, ingest: Ingest) -> int:
    """Waits until every socket's last chunk has arrived; returns the end of the longest track in ms."""
    heard_ms = await heard_until(meeting_id, ingest)
    for _ in range(QUIET_CHECKS):
        await ingest.clock.sleep(QUIET_S)
        before, heard_ms = heard_ms, await heard_until(meeting_id, ingest)
        if heard_ms == before:
            break
    return heard_ms


async def heard_until(meeting_id: str, ingest: Ingest) -> int:
    keys, ends = MeetingKeys(meeting_id), [0]
    for track in tracks_of(await ingest.bus.state(meeting_id)):
        try:
            about = cast("Mapping[str, Any]", await ingest.bus.redis.xinfo_stream(keys.audio(track)))
        except redis.exceptions.ResponseError:
            continue
        last: bytes = about["last-generated-id"]
        if last != b"0-0":
            ends.append(source_ms_of(last) + CHUNK_MS)
    return max(ends)


def tracks_of(state: Mapping[str, str]) -> list[str]:
    return [field.removeprefix(COMMITTED) for field in state if field.startswith(COMMITTED)]


async def on_erase_meeting(command: EraseMeeting, ingest: Ingest) -> AsyncIterator[Event]:
    """Leaves, has the platform erase its media, erases ours. MeetingErased is written by the script that erases."""
    state = await ingest.bus.state(command.meeting_id)
    stores = {}
    if BOT_ID in state:
        stores["platform"] = await erase_at_platform(state, ingest)
    keys = MeetingKeys(command.meeting_id)
    tracks = tracks_of(state)
    for track in tracks:
        stores[f"audio {track}"] = await ingest.bus.redis.xlen(keys.audio(track))
    stores["timeline"] = await ingest.bus.redis.xlen(keys.timeline)
    stores["state"] = len(state)
    erased = effect(MeetingErased, command, "erased", ingest.clock, stores=stores)
    audio = [keys.audio(track) for track in tracks]
    names = [keys.shard.meetings, keys.shard.active, keys.timeline, keys.state, keys.live, *audio]
    await ingest.bus.erase_script(keys=names, args=[command.meeting_id, *CODEC.encode(erased), ERASED_SHOWN_MS])
    return
    yield  # an async generator like its siblings, with nothing left to publish


async def erase_at_platform(state: Mapping[str, str], ingest: Ingest) -> int:
    """Returns 1 when the platform confirmed, else 0."""
    try:
        if state.get(STATUS) not in FINAL:
            await ingest.platform.leave(state[BOT_ID])
        await ingest.platform.erase_media(state[BOT_ID])
    except MeetingError as error:
        log.error("media.not_erased", bot_id=state[BOT_ID], category=error.category)
        return 0
    return 1


HANDLERS: dict[type[Event], Handler] = {
    JoinMeeting: on_join_meeting,
    LeaveMeeting: on_leave_meeting,
    ReportBotStatus: on_report_bot_status,
    EraseMeeting: on_erase_meeting,
}

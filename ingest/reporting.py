"""How a bot is, in the platform's words, and what that makes of the meeting."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import redis.exceptions

from ingest import metrics
from ingest.ports import BotChange
from ingest.resources import Ingest
from shared.events import AudioEnded, Event, MeetingStateChanged
from shared.explanations import explain
from shared.meetings import FINAL, INSIDE, ORDER, Status, is_forward, status_of_code
from shared.rooms import PLATFORM_NAME
from shared.streams import (
    CHUNK_MS,
    COMMITTED,
    ORIGIN,
    PLATFORM,
    REPORTED_AT,
    STATUS,
    STATUS_AT,
    MeetingKeys,
    source_ms_of,
)

QUIET_S = 0.5
QUIET_CHECKS = 10
HEARD = frozenset({Status.LISTENING, Status.DEAF})
"""While the platform recorded."""


async def report(cause: Event, change: BotChange, ingest: Ingest) -> AsyncIterator[Event]:
    """What a report leads to; nothing for one that is old, known or means nothing to us."""
    state = await ingest.bus.state(cause.meeting_id)
    status = next_status(state, change)
    metrics.reports.labels(status or "ignored").inc()
    if status is None:
        return
    changed = state_changed(cause, ingest, status, change.sub_code, change.at_ms)
    if status not in FINAL:
        yield changed
        return
    async for fact in end_of_meeting(changed, state, ingest):
        yield fact


def next_status(state: Mapping[str, str], change: BotChange) -> Status | None:
    now, then = state.get(STATUS, ""), status_of_code(change.code)
    if then is None or not is_forward(now, then):
        return None
    if then not in FINAL and change.at_ms <= int(state.get(REPORTED_AT, 0)):
        return None
    goes_back = {now, then} <= INSIDE and ORDER.index(then) < ORDER.index(Status(now))
    return None if goes_back and change.at_ms < int(state.get(STATUS_AT, 0)) else then


def state_changed(cause: Event, ingest: Ingest, status: Status, sub_code: str, at_ms: int) -> MeetingStateChanged:
    """A meeting ends once, whoever reports it; other states may come again."""
    return MeetingStateChanged(
        id=f"{cause.meeting_id}/{status}" if status in FINAL else f"{cause.id}/{status}",
        meeting_id=cause.meeting_id,
        cause_id=cause.id,
        at=ingest.clock.now_ms(),
        trace=cause.trace,
        status=status,
        sub_code=sub_code,
        explanation=explain(status, sub_code),
        reported_at_ms=at_ms,
    )


# -- the end -------------------------------------------------------------------------------------------------------


async def end_of_meeting(
    changed: MeetingStateChanged, before: Mapping[str, str], ingest: Ingest
) -> AsyncIterator[Event]:
    """The state, and once no more audio comes, the end of the audio. Both have one id per meeting."""
    yield changed
    heard_ms = await audio_at_rest(changed.meeting_id, ingest)
    yield AudioEnded(
        id=f"{changed.meeting_id}/audio-ended",
        meeting_id=changed.meeting_id,
        cause_id=changed.cause_id,
        at=ingest.clock.now_ms(),
        trace=changed.trace,
        heard_ms=heard_ms,
        expected_ms=recorded_ms(before, changed.reported_at_ms or changed.at),
    )


def recorded_ms(before: Mapping[str, str], ended_at_ms: int) -> int:
    """How long the platform recorded, up to the end; 0 where nobody can tell, as in a room."""
    if before.get(STATUS) not in HEARD or ORIGIN not in before or before.get(PLATFORM) == PLATFORM_NAME:
        return 0
    return max(0, ended_at_ms - int(before[ORIGIN]))


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

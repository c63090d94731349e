"""The list of meetings, and how one of them is."""

import re
from collections.abc import Mapping
from typing import cast

import msgspec
from aiohttp import web

from gateway.answers import respond
from gateway.bodies import meeting_id_of, query_of
from gateway.callers import CALLER
from gateway.contract import MeetingList, MeetingStatus, MeetingSummary, Participant, TroubleNow
from gateway.coverage import coverage_of, lag_s_of, tracks_of
from gateway.problems import wrong_field
from gateway.requests import ListQuery
from gateway.resources import BUS, CLOCK, PRICES
from gateway.sending import view_of
from shared import streams
from shared.bus import Bus
from shared.events import HearingTroubled, Settings
from shared.meetings import Status
from shared.spending import Prices, spending_of
from shared.streams import MIXED, SHARDS, MeetingKeys, ShardKeys
from shared.view import MeetingView

DEAF_AFTER_MS = 10_000
UNALLOWED = "it is in the call but may not listen yet: the host must allow recording"
UNHEARING = frozenset({Status.IN_CALL, Status.DENIED, Status.DEAF})
Place = tuple[int, str]
"""Creation in Unix ms, and id: the order of the list."""


# -- the list ------------------------------------------------------------------------------------------------------


async def list_meetings(request: web.Request) -> web.Response:
    query = query_of(request, ListQuery)
    tenant = request[CALLER].tenant
    places = await newest(request.app[BUS], tenant, query.limit + 1, place_of(query.cursor))
    page, has_more = places[: query.limit], len(places) > query.limit
    meetings = await summaries(request.app[BUS], tenant, [meeting_id for _, meeting_id in page])
    cursor = f"{page[-1][0]}.{page[-1][1]}" if has_more else None
    return respond(MeetingList(meetings=meetings, next_cursor=cursor))


def place_of(cursor: str) -> Place | None:
    """Raises ProblemError."""
    if not cursor:
        return None
    found = re.fullmatch(r"([0-9]{1,15})\.(m-[0-9a-f-]+)", cursor)
    if not found:
        raise wrong_field("cursor", "is not one of ours", "send `next_cursor` of the page before, unchanged")
    return int(found[1]), found[2]


async def newest(bus: Bus, tenant: str, count: int, before: Place | None) -> list[Place]:
    """Across all shards, from the newest or from `before` on."""
    pipe = bus.redis.pipeline(transaction=False)
    for shard in range(SHARDS):
        key = ShardKeys(shard).listing(tenant)
        pipe.zrevrangebyscore(key, f"({before[0]}" if before else "+inf", "-inf", 0, count, withscores=True)
        if before:
            pipe.zrangebyscore(key, before[0], before[0], withscores=True)
    found = cast("list[list[tuple[bytes, float]]]", await pipe.execute())
    places = [(int(score), meeting_id.decode()) for part in found for meeting_id, score in part]
    return sorted((place for place in places if before is None or place < before), reverse=True)[:count]


async def summaries(bus: Bus, tenant: str, meeting_ids: list[str]) -> list[MeetingSummary]:
    """Without those that are gone, which are then listed no more."""
    pipe = bus.redis.pipeline(transaction=False)
    for meeting_id in meeting_ids:
        pipe.hgetall(MeetingKeys(meeting_id).state)
    states = cast("list[Mapping[bytes, bytes]]", await pipe.execute())
    gone = [meeting_id for meeting_id, state in zip(meeting_ids, states, strict=True) if not state]
    for meeting_id in gone:
        pipe.zrem(MeetingKeys(meeting_id).shard.listing(tenant), meeting_id)
    await pipe.execute()
    return [
        summary_of(meeting_id, {name.decode(): value.decode() for name, value in state.items()})
        for meeting_id, state in zip(meeting_ids, states, strict=True)
        if state
    ]


def summary_of(meeting_id: str, state: Mapping[str, str]) -> MeetingSummary:
    settings = settings_in(state)
    return MeetingSummary(
        meeting_id=meeting_id,
        status=state.get(streams.STATUS, Status.REQUESTED),
        explanation=state.get(streams.EXPLANATION, ""),
        platform=state.get(streams.PLATFORM, ""),
        bot_name=settings.bot_name,
        created_at=int(state.get(streams.CREATED_AT, 0)),
        title=settings.title or title_of_brief(state),
        metadata=settings.metadata,
    )


class Titled(msgspec.Struct):
    """What is looked at of a briefing."""

    title: str = ""


def title_of_brief(state: Mapping[str, str]) -> str:
    return msgspec.json.decode(state.get(streams.BRIEF, "{}"), type=Titled).title


def settings_in(state: Mapping[str, str]) -> Settings:
    return msgspec.json.decode(state.get(streams.SETTINGS, "{}"), type=Settings)


# -- one meeting ---------------------------------------------------------------------------------------------------


async def show_status(request: web.Request) -> web.Response:
    meeting_id, bus = meeting_id_of(request), request.app[BUS]
    state = await bus.state(meeting_id)
    view = await view_of(bus, meeting_id)
    return respond(status_of(meeting_id, state, view, request.app[CLOCK].now_ms(), request.app[PRICES]))


def status_of(
    meeting_id: str, state: Mapping[str, str], view: MeetingView, now_ms: int, prices: Prices
) -> MeetingStatus:
    tracks, because = tracks_of(state, view), deafness(state, now_ms)
    coverage, lag_s = coverage_of(tracks, view), lag_s_of(tracks)
    return MeetingStatus(
        **msgspec.structs.asdict(summary_of(meeting_id, state)),
        participants=[Participant(id=key, name=name) for key, name in view.participants.items()],
        heard_s=coverage.heard_s,
        committed_s=round(coverage.heard_s - lag_s, 3),
        lag_s=lag_s,
        deaf=bool(because),
        deaf_because=because,
        off_record=state.get(streams.OFF_RECORD) == "1",
        announced=view.announced,
        lines=len(view.lines),
        last_line_at=view.last_line.at if view.last_line else None,
        missing_s=coverage.missing_s,
        spending=spending_of(view, state.get(streams.ENGINE, ""), prices, now_ms),
        verdict=coverage.verdict,
        coverage=tracks,
        troubles=[trouble_of(event) for event in view.troubles.values()],
    )


def trouble_of(event: HearingTroubled) -> TroubleNow:
    return TroubleNow(track=event.track, trouble=event.trouble, explanation=event.explanation, since=event.at)


def deafness(state: Mapping[str, str], now_ms: int) -> str:
    """Why it hears nothing though it is in the call; empty when it hears, or is not there."""
    status = state.get(streams.STATUS)
    if state.get(streams.OFF_RECORD) == "1":
        return ""
    if status in UNHEARING:
        return state.get(streams.EXPLANATION) or UNALLOWED
    heard_at = max(int(state.get(name, 0)) for name in (streams.HEARD_AT, streams.STATUS_AT, streams.RECORDED_AT))
    if status != Status.LISTENING or not heard_at or has_own_tracks(state):
        return ""
    silent_ms = now_ms - heard_at
    return f"no audio came for {silent_ms // 1000} s" if silent_ms > DEAF_AFTER_MS else ""


def has_own_tracks(state: Mapping[str, str]) -> bool:
    """People have tracks of their own, which are empty while they are muted."""
    return any(name.startswith(streams.RECEIVED) and name != streams.RECEIVED + MIXED for name in state)

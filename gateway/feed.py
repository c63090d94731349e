"""The live feed: what a watcher gets first, and what comes beside the timeline. One contract for every transport."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from aiohttp import web

from gateway.bodies import meeting_id_of, query_of
from gateway.coverage import number, received_end_ms
from gateway.exports import transcript_of
from gateway.frames import CoverageChanged, MeetingSnapshot, QuestionSoFar, Seen, TrackNow
from gateway.live import Watch
from gateway.metrics import watchers
from gateway.positions import position_of
from gateway.requests import WatchQuery
from gateway.resources import BUS, CLOCK, LIVE, PRICES
from gateway.sending import view_until
from gateway.statuses import deafness, status_of
from shared import streams
from shared.bus import Bus
from shared.clock import Clock
from shared.connections import LOST
from shared.errors import MeetingGoneError
from shared.exchanges import Exchange
from shared.meetings import Status
from shared.spending import Prices
from shared.view import MeetingView

COVERAGE_EVERY_S = 2.0


@contextlib.asynccontextmanager
async def fed(request: web.Request, start: "Start", kind: str) -> AsyncIterator[Watch]:
    """A watch from there on, which is also told how far hearing is."""
    live, bus, clock = request.app[LIVE], request.app[BUS], request.app[CLOCK]
    with (
        watchers.labels(kind).track_inprogress(),
        live.watch(start.meeting_id, start.after, start.committed_ms, start.first) as watch,
    ):
        telling = asyncio.create_task(tell_coverage(watch, bus, clock, start.meeting_id), name="watch-coverage")
        try:
            yield watch
        finally:
            telling.cancel()


class Start:
    """Where a watcher begins."""

    def __init__(self, meeting_id: str, after: str, committed_ms: Mapping[str, int], first: Seen | None) -> None:
        self.meeting_id, self.after, self.committed_ms, self.first = meeting_id, after, committed_ms, first


async def start_of(request: web.Request) -> Start:
    """Where the client was; else the snapshot, if it wants one; else the beginning.

    Raises ProblemError, MeetingGoneError.
    """
    query, meeting_id = query_of(request, WatchQuery), meeting_id_of(request)
    place = request.headers.get("Last-Event-ID") or query.after
    after = position_of(place) if place else "0"
    state = await request.app[BUS].state(meeting_id)
    committed = {track: number(state, streams.COMMITTED + track) for track in tracks_in(state)}
    if place or not query.snapshot:
        return Start(meeting_id, after, committed, None)
    view, cursor = await view_until(request.app[BUS], meeting_id)
    shown = snapshot_of(meeting_id, state, view, request.app[CLOCK].now_ms(), request.app[PRICES])
    return Start(meeting_id, cursor, committed, Seen(shown, cursor))


def snapshot_of(
    meeting_id: str, state: Mapping[str, str], view: MeetingView, now_ms: int, prices: Prices
) -> MeetingSnapshot:
    transcript = transcript_of(meeting_id, state, view)
    return MeetingSnapshot(
        meeting=status_of(meeting_id, state, view, now_ms, prices),
        lines=transcript.lines,
        gaps=transcript.gaps,
        questions=[question_of(exchange) for exchange in view.questions],
        brief=view.brief,
    )


def question_of(exchange: Exchange) -> QuestionSoFar:
    asked, answered, failed = exchange.asked, exchange.answered, exchange.failed
    composed = " ".join(sentence.text for _, sentence in sorted(exchange.sentences.items()))
    answer = answered.answer if answered else failed.reason if failed else composed
    return QuestionSoFar(
        question_id=exchange.id,
        question=asked.question if asked else "",
        asked_by=asked.asked_by if asked else "",
        via=asked.via if asked else "",
        state="answered" if answered else "failed" if failed else "pending",
        answer=answer,
        cites=exchange.cites,
    )


# -- coverage ------------------------------------------------------------------------------------------------------


async def tell_coverage(watch: Watch, bus: Bus, clock: Clock, meeting_id: str) -> None:
    """Whenever it changed, until the meeting is gone."""
    last = None
    while True:
        await clock.sleep(COVERAGE_EVERY_S)
        try:
            now = coverage_now(meeting_id, await bus.state(meeting_id), clock.now_ms())
        except MeetingGoneError:
            return
        except LOST:
            continue
        if now != last and watch.tell(now):
            last = now


def coverage_now(meeting_id: str, state: Mapping[str, str], now_ms: int) -> CoverageChanged:
    tracks = {track: track_now(track, state) for track in sorted(tracks_in(state))}
    because = deafness(state, now_ms)
    return CoverageChanged(
        meeting_id=meeting_id,
        status=state.get(streams.STATUS, Status.REQUESTED),
        explanation=state.get(streams.EXPLANATION, ""),
        tracks=tracks,
        lag_ms=max((track.received_ms - track.committed_ms for track in tracks.values()), default=0),
        deaf=bool(because),
        deaf_because=because,
    )


def track_now(track: str, state: Mapping[str, str]) -> TrackNow:
    return TrackNow(received_ms=received_end_ms(track, state), committed_ms=number(state, streams.COMMITTED + track))


def tracks_in(state: Mapping[str, str]) -> set[str]:
    prefixes = (streams.RECEIVED, streams.COMMITTED)
    return {name.partition(":")[2] for name in state if name.startswith(prefixes)}

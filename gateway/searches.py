"""`GET /search`: what was said in a tenant's meetings, by whom, and when."""

import re
from datetime import UTC, datetime
from itertools import islice

from aiohttp import web

from gateway.answers import respond
from gateway.bodies import query_of
from gateway.doors import tenant_of
from gateway.problems import unknown_meeting, wrong_field
from gateway.resources import BUS
from gateway.search.contract import SearchHit, SearchQuery, SearchResults
from gateway.search.finding import Finder, Found, Place, Span
from gateway.search.folding import Wanted, wanted_in, words_in
from gateway.search.fragments import fit_of, fragment_of
from gateway.statuses import settings_in
from shared.bus import Bus, decoded, entries_of
from shared.events import Line, LineHeard
from shared.streams import SETTINGS, MeetingKeys, shard_of

MOST_COMPARED = 200
"""Lines, the newest ones, of which the best are chosen."""
FOREVER_MS = 10**14
CURSOR = re.compile(r"([0-9]{1,15})\.(m-[0-9a-z-]{1,40})\.([0-9]{1,12})\.([^/]{1,60})")

Hit = tuple[Found, Line]


async def search(request: web.Request) -> web.Response:
    query, tenant = query_of(request, SearchQuery), tenant_of(request)
    wanted = wanted_in(query.q)
    if wanted.is_empty:
        raise wrong_field("q", "has no word in it", "send at least one word")
    span = Span(time_of("from", query.from_, 0), time_of("to", query.to, FOREVER_MS))
    speaker = [word.folded for word in words_in(query.speaker)]
    finder = Finder(request.app[BUS], tenant, wanted, speaker, span)
    pages = Pages(request.app[BUS], finder, wanted, query)
    return respond(await (pages.best() if query.order == "best" else pages.newest()))


class Pages:
    """One page of what was found."""

    def __init__(self, bus: Bus, finder: Finder, wanted: Wanted, query: SearchQuery) -> None:
        self._bus, self._finder, self._wanted, self._query = bus, finder, wanted, query
        self._only = known_id(query.meeting_id)

    async def newest(self) -> SearchResults:
        before = place_in(self._query.cursor)
        hits, has_more = await self._hits(before, self._query.limit)
        cursor = cursor_of(hits[-1][0].place) if has_more and hits else None
        return await self._results(hits, cursor)

    async def best(self) -> SearchResults:
        begin = number_in(self._query.cursor)
        hits, _ = await self._hits(None, MOST_COMPARED)
        ranked = sorted(hits, key=lambda hit: fit_of(hit[1].text, self._query.q, self._wanted), reverse=True)
        page = list(islice(ranked, begin, begin + self._query.limit))
        end = begin + len(page)
        cursor = str(end) if end < len(ranked) else None
        return await self._results(page, cursor)

    async def _results(self, hits: list[Hit], cursor: str | None) -> SearchResults:
        ids = list(dict.fromkeys(found.place.meeting_id for found, _ in hits))
        pipe = self._bus.redis.pipeline(transaction=False)
        for meeting_id in ids:
            pipe.hget(MeetingKeys(meeting_id).state, SETTINGS)
        titles = dict(zip(ids, map(title_in, await pipe.execute() if ids else []), strict=True))
        shown = [hit_of(found, line, titles[found.place.meeting_id], self._wanted) for found, line in hits]
        return SearchResults(hits=shown, next_cursor=cursor, complete=self._finder.is_complete)

    async def _hits(self, before: Place | None, count: int) -> tuple[list[Hit], bool]:
        """With their lines; and whether there are more."""
        hits: list[Hit] = []
        candidates: list[Found] = []
        async for found in self._finder.found(before, self._only):
            candidates.append(found)
            if len(candidates) == count + 1:
                hits += await self._read(candidates)
                candidates = []
                if len(hits) > count:
                    return hits[:count], True
        hits += await self._read(candidates)
        return hits[:count], len(hits) > count

    async def _read(self, candidates: list[Found]) -> list[Hit]:
        """Those whose line still is what the index says."""
        pipe = self._bus.redis.pipeline(transaction=False)
        for found in candidates:
            timeline = MeetingKeys(found.place.meeting_id).timeline
            pipe.xrange(timeline, found.said.cursor, found.said.cursor)
        lines = [line_in(entries) for entries in (await pipe.execute() if candidates else [])]
        return [
            (found, line)
            for found, line in zip(candidates, lines, strict=True)
            if line and self._wanted.is_met_by({word.folded for word in words_in(line.text)})
        ]


def hit_of(found: Found, line: Line, title: str, wanted: Wanted) -> SearchHit:
    return SearchHit(
        meeting_id=found.place.meeting_id,
        title=title,
        meeting_created_at=found.place.created_at,
        line_id=line.id,
        speaker=found.said.speaker,
        at=found.said.at,
        start_ms=line.start_ms,
        fragment=fragment_of(line.text, wanted),
    )


def line_in(entries: object) -> Line | None:
    event = next((decoded(entry) for entry in entries_of(entries)), None)
    return event.line if isinstance(event, LineHeard) else None


def title_in(settings: bytes | None) -> str:
    return settings_in({SETTINGS: settings.decode()}).title if settings else ""


# -- what the caller says ------------------------------------------------------------------------------------------


def known_id(meeting_id: str) -> str:
    """Raises ProblemError for what can be no meeting."""
    try:
        shard_of(meeting_id or f"m-00-{'0' * 20}")
    except ValueError as error:
        raise unknown_meeting() from error
    return meeting_id


def time_of(field: str, text: str, default_ms: int) -> int:
    """Unix ms. Raises ProblemError."""
    if not text:
        return default_ms
    if re.fullmatch("[0-9]{1,14}", text):
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise wrong_field(field, "is no time", "send Unix ms, or ISO 8601 as 2026-11-25T14:30Z") from error
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def cursor_of(place: Place) -> str:
    return f"{place.created_at}.{place.meeting_id}.{place.start_ms}.{place.line_id}"


def place_in(cursor: str) -> Place | None:
    """Raises ProblemError."""
    if not cursor:
        return None
    if not (found := CURSOR.fullmatch(cursor)):
        raise wrong_field("cursor", "is not one of ours", "send `next_cursor` of the page before, unchanged")
    return Place(int(found[1]), found[2], int(found[3]), found[4])


def number_in(cursor: str) -> int:
    """Raises ProblemError."""
    if not re.fullmatch("[0-9]{0,4}", cursor):
        raise wrong_field("cursor", "is not one of ours", "send `next_cursor` of the page before, unchanged")
    return int(cursor or 0)

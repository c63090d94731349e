"""The page that plays in the bot: what is said goes to it as it is made, what has played comes back.

Recall opens it with nothing but its address, so the address holds a token of the meeting, good for a day.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import aiohttp
import msgspec
import structlog
from aiohttp import web

from gateway.bodies import query_of
from gateway.live import Watch
from gateway.pages import listed, page
from gateway.problems import ProblemError
from gateway.requests import MediaQuery
from gateway.resources import BUS, LIVE, SETTINGS
from gateway.statuses import settings_in
from shared import streams
from shared.bus import Bus, Entry, entries_of
from shared.errors import MeetingGoneError
from shared.events import (
    Asked,
    CaptionChanged,
    LineHeard,
    QuestionAnswered,
    QuestionFailed,
    SpeechCut,
    SpeechFinished,
    SpeechStarted,
)
from shared.media import KEPT_S, Played, SoundPiece, SoundStopped, fields_of, media_in
from shared.socket_tokens import is_good, media_subject
from shared.streams import MeetingKeys, shard_of
from shared.tail import Follower

FOLDER = Path(__file__).parent / "media_page"
FILES = frozenset({"page.js", "sound.js", "player.js", "page.css"})
HEARTBEAT_S = 10.0
LONGEST_REPORT = 1024
KEPT_REPORTS = 100
FRESH_MS = 5_000
"""A page that opens while a sentence is being said begins it, if it is no older."""

log = structlog.get_logger()


async def show_page(request: web.Request) -> web.FileResponse:
    await admitted(request)
    return page(FOLDER / "index.html")


async def page_file(request: web.Request) -> web.FileResponse:
    return listed(FOLDER, request.match_info["name"], FILES)


async def admitted(request: web.Request) -> tuple[str, dict[str, str]]:
    """The meeting's id and state. Raises ProblemError: an unknown meeting and a bad token look the same."""
    meeting_id, token = request.match_info["meeting_id"], request.match_info["token"]
    try:
        shard_of(meeting_id)
        state = dict(await request.app[BUS].state(meeting_id))
    except (ValueError, MeetingGoneError):
        state = {}
    secret = state.get(streams.SOCKET_TOKEN, "")
    if not is_good(token, secret, media_subject(meeting_id), time.time()):
        raise ProblemError(404, "not-found", "there is no such page")
    return meeting_id, state


async def connect_page(request: web.Request) -> web.StreamResponse:
    meeting_id, state = await admitted(request)
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, compress=False, max_msg_size=LONGEST_REPORT)
    if not socket.can_prepare(request).ok:
        raise web.HTTPUpgradeRequired(headers={"Upgrade": "websocket", "Connection": "Upgrade"})
    await socket.prepare(request)
    bus, live = request.app[BUS], request.app[LIVE]
    await socket.send_json({"name": settings_in(state).bot_name})
    after = query_of(request, MediaQuery).after or await place_to_begin(bus, meeting_id)
    now = await now_of(bus, meeting_id)
    with live.follow(MeetingKeys(meeting_id).speech, after) as speech, live.watch(meeting_id, now) as watch:
        await Connection(socket, bus, meeting_id, request.app[SETTINGS].send_wait_s).serve(speech, watch)
    return socket


async def place_to_begin(bus: Bus, meeting_id: str) -> str:
    """Before the sentence that is being said, else after everything."""
    entries = entries_of(await bus.redis.xrange(MeetingKeys(meeting_id).speech))
    if not entries:
        return "0"
    newest = media_in(entries[-1])
    is_fresh = time.time() * 1000 - int(entries[-1].id.split(b"-")[0]) < FRESH_MS
    if not isinstance(newest, SoundPiece) or not is_fresh:
        return entries[-1].id.decode()
    before = [entry for entry in entries if not is_of(entry, newest.sentence)]
    return before[-1].id.decode() if before else "0"


def is_of(entry: Entry, sentence: str) -> bool:
    found = media_in(entry)
    return isinstance(found, SoundPiece) and found.sentence == sentence


async def now_of(bus: Bus, meeting_id: str) -> str:
    entries = entries_of(await bus.redis.xrevrange(MeetingKeys(meeting_id).timeline, count=1))
    return entries[0].id.decode() if entries else "0"


class Connection:
    """One page."""

    def __init__(self, socket: web.WebSocketResponse, bus: Bus, meeting_id: str, send_wait_s: float) -> None:
        self._socket, self._bus, self._send_wait_s = socket, bus, send_wait_s
        self._keys = MeetingKeys(meeting_id)

    async def serve(self, speech: Follower, watch: Watch) -> None:
        """Until the page goes, or the gateway stops."""
        tasks = [
            asyncio.create_task(self._send_sound(speech), name="page-sound"),
            asyncio.create_task(self._send_state(watch), name="page-state"),
            asyncio.create_task(self._read(), name="page-reports"),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, TimeoutError, ConnectionError):
                    await task
            await self._socket.close(code=aiohttp.WSCloseCode.GOING_AWAY)

    async def _send_sound(self, speech: Follower) -> None:
        async for entry in speech:
            match media_in(entry):
                case SoundPiece() as piece:
                    await self._send_bytes(frame_of(piece, entry.id.decode()))
                case SoundStopped(sentence=sentence):
                    await self._send_json({"stop": sentence})

    async def _send_state(self, watch: Watch) -> None:
        while not watch.is_over:
            seen = await watch.next()
            if seen and (told := told_of(seen.event)):
                await self._send_json(told)

    async def _send_bytes(self, content: bytes) -> None:
        async with asyncio.timeout(self._send_wait_s):
            await self._socket.send_bytes(content)

    async def _send_json(self, content: dict[str, str]) -> None:
        async with asyncio.timeout(self._send_wait_s):
            await self._socket.send_json(content)

    async def _read(self) -> None:
        async for report in reports(self._socket):
            pipe = self._bus.redis.pipeline(transaction=False)
            pipe.xadd(self._keys.played, cast("Any", fields_of(report)), maxlen=KEPT_REPORTS, approximate=True)
            pipe.expire(self._keys.played, KEPT_S)
            await pipe.execute()


async def reports(socket: web.WebSocketResponse) -> AsyncIterator[Played]:
    """What cannot be read is passed over: the page is ours, but anybody with its address may talk."""
    async for message in socket:
        if message.type is aiohttp.WSMsgType.TEXT:
            with contextlib.suppress(msgspec.DecodeError):
                yield msgspec.json.decode(message.data, type=Played)


def frame_of(piece: SoundPiece, entry_id: str) -> bytes:
    """Two bytes of length, a JSON head of that length, and PCM."""
    head = msgspec.json.encode(
        {
            "id": entry_id,
            "sentence": piece.sentence,
            "at_ms": piece.at_ms,
            "rate_hz": piece.rate_hz,
            "is_last": piece.is_last,
        }
    )
    return len(head).to_bytes(2, "little") + head + piece.pcm


def told_of(event: object) -> dict[str, str]:
    """What people in the call see of it; mostly nothing."""
    told: dict[str, str] = {}
    match event:
        case Asked():
            told = {"state": "thinking"}
        case SpeechStarted():
            told = {"state": "speaking", "caption": event.text}
        case SpeechFinished() | SpeechCut() | QuestionFailed() | QuestionAnswered(spoken=False):
            told = {"state": "listening"}
        case CaptionChanged():
            told = {"caption": event.text}
        case LineHeard():
            told = {"caption": event.line.text}
    return told

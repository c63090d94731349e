"""The transcript in the form the caller asks for, by suffix or by `Accept`."""

from collections.abc import Callable

from aiohttp import web

from gateway.answers import JSON, accepted, respond, text
from gateway.bodies import meeting_id_of, query_of
from gateway.contract import Transcript
from gateway.exports import (
    MARKDOWN,
    PLAIN,
    SUBRIP,
    WEBVTT,
    to_markdown,
    to_srt,
    to_text,
    to_vtt,
    transcript_of,
)
from gateway.problems import ProblemError
from gateway.requests import TranscriptQuery
from gateway.resources import BUS
from gateway.sending import view_of

SUFFIXES = {"json": JSON, "txt": PLAIN, "md": MARKDOWN, "srt": SUBRIP, "vtt": WEBVTT}
WRITERS: dict[str, Callable[[Transcript], str]] = {
    PLAIN: to_text,
    MARKDOWN: to_markdown,
    SUBRIP: to_srt,
    WEBVTT: to_vtt,
}


async def show_transcript(request: web.Request) -> web.Response:
    media_type = wanted_of(request)
    meeting_id, bus, query = meeting_id_of(request), request.app[BUS], query_of(request, TranscriptQuery)
    state = await bus.state(meeting_id)
    transcript = transcript_of(meeting_id, state, await view_of(bus, meeting_id), with_words=query.words)
    return respond(transcript) if media_type == JSON else text(WRITERS[media_type](transcript), media_type)


def wanted_of(request: web.Request) -> str:
    """Raises ProblemError."""
    suffix = request.match_info.get("format")
    if suffix is None:
        return accepted(request, [JSON, *WRITERS])
    if suffix not in SUFFIXES:
        raise ProblemError(404, "unknown-format", f"there is no .{suffix[:10]}; there are: {', '.join(SUFFIXES)}")
    return SUFFIXES[suffix]

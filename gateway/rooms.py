"""Rooms: who comes in, and through which door. Sound goes to ingest, and comes from the speaker."""

import secrets

from aiohttp import web

from gateway.answers import respond
from gateway.bodies import body_of, meeting_id_of
from gateway.contract import RoomEntrance
from gateway.pages import CONSOLE, page
from gateway.problems import ProblemError
from gateway.requests import EnterRequest
from gateway.resources import BUS, CLOCK, SETTINGS
from gateway.statuses import settings_in
from shared.errors import MeetingGoneError
from shared.meetings import FINAL
from shared.rooms import PLATFORM_NAME
from shared.socket_tokens import guest_subject, is_good, media_subject, new_token, room_subject
from shared.streams import PLATFORM, SOCKET_TOKEN, STATUS, shard_of


async def enter(request: web.Request) -> web.Response:
    """For who may use the API."""
    wanted = await body_of(request, EnterRequest)
    meeting_id = meeting_id_of(request)
    return respond(entrance(request, meeting_id, await request.app[BUS].state(meeting_id), wanted))


async def enter_as_guest(request: web.Request) -> web.Response:
    """For who has the invitation."""
    wanted = await body_of(request, EnterRequest)
    meeting_id, state = await invited(request)
    return respond(entrance(request, meeting_id, state, wanted))


async def show_guest_page(request: web.Request) -> web.FileResponse:
    await invited(request)
    return page(CONSOLE / "guest.html")


async def invited(request: web.Request) -> tuple[str, dict[str, str]]:
    """The room's id and state. Raises ProblemError: an unknown room and a bad invitation look the same."""
    meeting_id, token = request.match_info["meeting_id"], request.match_info["token"]
    try:
        shard_of(meeting_id)
        state = dict(await request.app[BUS].state(meeting_id))
    except (ValueError, MeetingGoneError):
        state = {}
    now_s = request.app[CLOCK].now_ms() / 1000
    if not is_good(token, state.get(SOCKET_TOKEN, ""), guest_subject(meeting_id), now_s):
        raise ProblemError(404, "not-found", "there is no such room, or the invitation is no longer good")
    return meeting_id, state


def entrance(request: web.Request, meeting_id: str, state: dict[str, str], wanted: EnterRequest) -> RoomEntrance:
    """Raises ProblemError for what is no room, or over."""
    if state.get(PLATFORM) != PLATFORM_NAME:
        raise ProblemError(409, "not-a-room", "this meeting is no room: join `room:` to open one")
    if state.get(STATUS) in FINAL:
        raise ProblemError(409, "meeting-over", "this meeting is over: open a new room")
    secret, now_s = state[SOCKET_TOKEN], request.app[CLOCK].now_ms() / 1000
    participant_id = wanted.participant_id or f"p-{secrets.token_hex(6)}"
    token = new_token(secret, room_subject(meeting_id, participant_id), now_s)
    address = request.app[SETTINGS].ingest_address
    return RoomEntrance(
        meeting_id=meeting_id,
        participant_id=participant_id,
        bot_name=settings_in(state).bot_name,
        socket_url=f"{address}/room/{meeting_id}/?participant={participant_id}&token={token}",
        sound_path=f"/media/{meeting_id}/{new_token(secret, media_subject(meeting_id), now_s)}/socket",
        invitation=f"/room/{meeting_id}/{new_token(secret, guest_subject(meeting_id), now_s)}/",
    )

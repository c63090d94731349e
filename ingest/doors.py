"""Who may open a real-time socket. Decided before the handshake ends, and nothing is written for a stranger."""

import urllib.parse
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec
import structlog

from ingest import metrics
from shared.bus import Bus
from shared.clock import Clock
from shared.connections import LOST
from shared.errors import MeetingGoneError
from shared.meetings import FINAL
from shared.signatures import is_signed
from shared.socket_tokens import is_good, room_subject
from shared.streams import SOCKET_TOKEN, STATUS, shard_of

log = structlog.get_logger()


class Refusal(msgspec.Struct, frozen=True):
    """An answer instead of a handshake."""

    status: HTTPStatus
    text: str


NOWHERE = Refusal(HTTPStatus.NOT_FOUND, "sockets live at /recall/<meeting id>/ and /room/<meeting id>/\n")
STRANGER = Refusal(HTTPStatus.FORBIDDEN, "unknown meeting or wrong token\n")
"""One answer for a meeting that is not there, one that is over and a token that is another's."""
UNSIGNED = Refusal(
    HTTPStatus.UNAUTHORIZED,
    "the handshake is not signed with RECALL_WEBHOOK_SECRET; for accounts without a workspace secret "
    "set RECALL_SIGNED_SOCKETS=no\n",
)
AWAY = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "Redis is away; dial again\n")


class Guest(msgspec.Struct, frozen=True):
    """A socket that is let in, and what its meeting's state says."""

    meeting_id: str
    state: Mapping[str, str]
    participant_id: str = ""
    """Whose microphone it is, in a room; empty for a bot, which hears everybody."""


class Doors:
    """`secrets` sign the handshake; empty where the platform does not sign."""

    def __init__(self, bus: Bus, clock: Clock, secrets: Sequence[bytes] = ()) -> None:
        self.bus, self._clock, self._secrets = bus, clock, secrets

    async def admit(self, target: str, headers: Mapping[str, str]) -> Guest | Refusal:
        """`target` is the request's path with its query."""
        answer = await self._judge(target, headers)
        if isinstance(answer, Refusal):
            metrics.sockets_refused.labels(answer.status.value).inc()
            log.warning("socket.refused", status=answer.status.value)
        return answer

    async def _judge(self, target: str, headers: Mapping[str, str]) -> Guest | Refusal:
        path, _, query = target.partition("?")
        parts = path.strip("/").split("/")
        if len(parts) != 2 or parts[0] not in {"recall", "room"}:
            return NOWHERE
        is_room, now_s = parts[0] == "room", self._clock.now_ms() / 1000
        if self._secrets and not is_room and not is_signed(headers, b"", self._secrets, now_s):
            return UNSIGNED
        try:
            state = await self._state(parts[1])
        except LOST:
            return AWAY
        asked = dict(urllib.parse.parse_qsl(query))
        participant_id = asked.get("participant", "") if is_room else ""
        subject = room_subject(parts[1], participant_id) if is_room else parts[1]
        is_known = is_good(asked.get("token", ""), state.get(SOCKET_TOKEN, ""), subject, now_s)
        if not is_known or state.get(STATUS) in FINAL or (is_room and not participant_id):
            return STRANGER
        return Guest(parts[1], state, participant_id)

    async def _state(self, meeting_id: str) -> Mapping[str, str]:
        """Empty for a meeting that is not there."""
        try:
            shard_of(meeting_id)
            return await self.bus.state(meeting_id)
        except (ValueError, MeetingGoneError):
            return {}

"""What may happen in a rehearsed call, each at a moment of source time."""

import msgspec

from rehearsal.recall.frames import Person

REDIAL_S = 3.0
"""Between Recall's attempts to reach a socket."""


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """`at_ms` is source time."""

    at_ms: float


# -- the meeting -----------------------------------------------------------------------------------------------------


class Joins(Incident, frozen=True, kw_only=True):
    """Somebody comes later."""

    person: Person


class Leaves(Incident, frozen=True, kw_only=True):
    """Somebody goes, and says no more. When the last one has gone, the bot's patience begins to run out."""

    participant_id: int


class Renames(Incident, frozen=True, kw_only=True):
    """Somebody has another name from now on; None: none."""

    participant_id: int
    name: str | None


class Chats(Incident, frozen=True, kw_only=True):
    """Somebody writes. `to` is `everyone` or `only_bot`."""

    participant_id: int
    text: str
    to: str = "everyone"


class Ends(Incident, frozen=True, kw_only=True):
    """The call is over for the bot."""

    sub_code: str = "bot_kicked_from_call"
    code: str = "call_ended"
    """Or `fatal`."""


class Enters(Incident, frozen=True, kw_only=True):
    """The bot comes into any state, also one that nobody has heard of."""

    code: str
    sub_code: str | None = None


# -- the sockets -----------------------------------------------------------------------------------------------------


class Cut(Incident, frozen=True, kw_only=True):
    """Sockets are dropped without a goodbye."""

    endpoint: int = 0
    """Counted from 1, in the order of the request; 0: all."""
    outage_s: float = 0.0
    """So long no dial succeeds, at 3 s between dials: after 90 s Recall gives the endpoint up."""

    @property
    def failing_dials(self) -> int:
        return round(self.outage_s / REDIAL_S)


class Gap(Incident, frozen=True, kw_only=True):
    """Nothing is sent; then time stamps go on as if it had been."""

    lasts_ms: float


class ClockJumps(Incident, frozen=True, kw_only=True):
    """From now on time stamps are off by so much more."""

    relative_ms: float = 0.0
    absolute_ms: float = 0.0


class Strays(Incident, frozen=True, kw_only=True):
    """A message that is none of Recall's: binary, or text of any form."""

    message: bytes | str = bytes(640)


class Unheard(Incident, frozen=True, kw_only=True):
    """An event of tomorrow, in today's envelope."""

    event: str = "participant_events.hand_raised"

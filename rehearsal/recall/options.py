"""How the Recall stand-in behaves, and how it misbehaves."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from rehearsal.recall.incidents import Incident
from shared.config import Secret


class Delays(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds that a bot spends in each state; Recall itself takes up to 8 s to join."""

    dispatch_s: float = 0.02
    join_s: float = 0.05
    lobby_s: float = 0.0
    """In the waiting room; infinite until `admit`. 0: there is none."""
    consent_s: float = 0.05
    """In the call, before recording begins."""
    upload_s: float = 0.05
    """From call_ended to done."""
    redial_s: float = 3.0
    """Between attempts to reach a socket."""
    webhook_retries_s: tuple[float, ...] = (0, 5, 300, 1800, 7200, 18_000, 36_000, 36_000)
    leaving: float = 1.0
    """Times this the bot's own timeouts (`automatic_leave`) pass; 0.001 makes a minute 60 ms."""
    minute_s: float = 60.0
    """In which calls are counted against their rate limits."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace at Recall would have as settings, and what only a stand-in has."""

    api_key: Secret = Secret("")
    """Empty: every key is good."""
    webhook_secret: Secret = Secret("")
    """`whsec_…`; signs webhooks and socket handshakes."""
    webhook_url: str = ""
    """Empty: no status webhooks, as in a workspace where nobody set them up."""
    signed_as: Literal["webhook", "svix"] = "webhook"
    """The family of headers. `svix`: an older workspace, whose secret signs webhooks only."""
    legacy_webhooks: bool = False
    """A workspace of v1.10: `bot.status_change` instead of an event per state, and nothing else."""
    rate_limited: bool = False
    """Calls beyond Recall's limits per minute get 429."""
    refuses_localhost: bool = False
    """As Recall's firewall does."""
    asks_permission: bool = False
    """Recording begins with `recording_permission_allowed`, as on Zoom."""
    frame_ms: int = 20
    """Recall does not say; anything from 10 to 200 is to be expected."""
    mutes_silent: bool = False
    """A track of its own sends nothing while its participant is silent; otherwise zero samples."""
    tail_s: float = math.inf
    """Silence that is sent after a recording, at real time."""
    overlap: str = "replace"
    """What a clip does to the one that plays: `replace`, `mix` or `error`."""
    delays: Delays = Delays()


class Forced(msgspec.Struct, frozen=True):
    """An answer given instead of the true one."""

    status: int
    body: str = ""
    retry_after: str = ""


OVERLOADED = Forced(503, "<html><head><title>503</title></head><body>Service Temporarily Unavailable</body></html>")
"""As a balancer in front of Recall answers."""


@dataclass
class Faults:
    """Switches to be turned at any time. All off by default."""

    # -- calls: REST -------------------------------------------------------------------------------------------------

    answers: deque[Forced] = field(default_factory=deque)
    """Each is given to one REST call, in order."""
    lost_responses: int = 0
    """So many of the next POSTs are carried out, and the connection dropped without an answer."""
    pool: int | None = None
    """Warm instances that are left for bots that join at once; at 0 they get 507. None: any number."""

    # -- the way into the call ---------------------------------------------------------------------------------------

    fatal: str = ""
    """The sub-code with which bots fail on their way."""
    recording_denied: str = ""
    """The sub-code with which the host denies the recording, until this is empty and permission is asked for again."""
    hides_chat: bool = False
    """Chat messages are accepted and not displayed; a `bot.log` says so."""

    # -- people ------------------------------------------------------------------------------------------------------

    nameless: frozenset[int] = frozenset()
    """Participants whose name is null."""
    phoned_in: frozenset[int] = frozenset()
    """Participants whose platform is `dial-in`."""
    joined_before_ms: float = 0.0
    """So long before the recording began people had joined: their `relative` is negative."""

    # -- sockets -----------------------------------------------------------------------------------------------------

    duplicate_every: int = 0
    """Every so many audio frames, one is sent twice."""
    odd_sizes: bool = False
    """Frames end in the middle of a sample."""
    uneven_ms: int = 0
    """A frame is longer by up to this."""
    jitter_ms: int = 0
    """A frame comes late by up to this."""
    cut_at_ms: list[int] = field(default_factory=list)
    """Source times at which every socket is dropped without a goodbye."""
    incidents: list[Incident] = field(default_factory=list)
    """What happens at given source times."""
    after_reconnect: Literal["", "clock", "recording"] = ""
    """What begins anew: `relative`, or `relative` under the id of another recording."""
    resend_s: float = 0.0
    """After a reconnect so much is sent again of what was sent last, and what was missed within it."""
    seed: int = 0

    # -- webhooks ----------------------------------------------------------------------------------------------------

    webhooks_twice: bool = False
    webhooks_swapped: bool = False
    """Every second event overtakes the one before it."""
    webhooks_late_s: float = 0.0
    bad_signatures: int = 0
    """So many of the next attempts are signed with another secret."""
    stale_signatures: int = 0
    """So many of the next attempts were signed ten minutes ago."""

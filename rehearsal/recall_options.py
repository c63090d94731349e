"""How the Recall stand-in behaves, and how it misbehaves."""

import math
from collections import deque
from dataclasses import dataclass, field

import msgspec

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


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace at Recall would have as settings, and what only a stand-in has."""

    api_key: Secret = Secret("")
    """Empty: every key is good."""
    webhook_secret: Secret = Secret("")
    """`whsec_…`; signs webhooks and socket handshakes."""
    webhook_url: str = ""
    """Empty: no status webhooks, as in a workspace where nobody set them up."""
    frame_ms: int = 20
    tail_s: float = math.inf
    """Silence that is sent after a recording, at real time."""
    overlap: str = "replace"
    """What a clip does to the one that plays: `replace`, `mix` or `error`."""
    refuses_localhost: bool = False
    """As Recall's firewall does."""
    delays: Delays = Delays()


class Forced(msgspec.Struct, frozen=True):
    """An answer given instead of the true one."""

    status: int
    body: str = ""
    retry_after: str = ""


@dataclass
class Faults:
    """Switches to be turned at any time. All off by default."""

    answers: deque[Forced] = field(default_factory=deque)
    """Each is given to one REST call, in order."""
    duplicate_every: int = 0
    """Every so many audio frames, one is sent twice."""
    odd_sizes: bool = False
    """Frames end in the middle of a sample."""
    cut_at_ms: list[int] = field(default_factory=list)
    """Source times at which every socket is dropped without a goodbye."""
    jitter_ms: int = 0
    """A frame comes late by up to this."""
    seed: int = 0

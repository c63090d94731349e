"""How the Deepgram stand-in behaves, and how it misbehaves."""

import time
from collections import deque
from dataclasses import dataclass, field

import msgspec

from shared.config import Secret


class DeepgramOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a project at Deepgram has as limits, and what only a stand-in has."""

    api_key: Secret = Secret("")
    """Empty: every key is good, but there must be one."""
    concurrency: int = 0
    """Sockets at the same time; one more gets 429. 0: no limit."""
    intake: float = 1.25
    """Audio is heard at most so many times faster than real time."""
    burst_s: float = 1.0
    """Audio that may come ahead of that and is still heard at once."""
    idle_s: float = 10.0
    """Without audio or text for so long, a socket is closed."""
    keyterm_tokens: int = 500
    renumbers_speakers: bool = True
    """Speakers are counted in the order in which they speak on a connection; otherwise numbers are as the ears say."""
    speed: float = 1.0
    """How much faster than real time the server's own clock runs: its limits are for so much shorter times."""


@dataclass
class DeepgramFaults:
    """Switches to be turned at any time. All off by default; times are real ones, whatever the speed."""

    refusals: deque[int] = field(default_factory=deque)
    """Each status is given to one handshake, in order."""
    accept_delay_s: float = 0.0
    """Before a handshake is answered."""
    abort_every_s: float = 0.0
    """A connection of this age is dropped without a close frame."""
    half_open: bool = False
    """Nothing is read, nothing is sent, nothing is closed."""
    loses_finals: bool = False
    """CloseStream closes at once: what was open is not said, nor is Metadata."""
    ignores_finalize: bool = False
    """What was open becomes final, but no result says that it is from Finalize."""
    repeats_utterance_end: bool = False
    """After each result with `speech_final` there are two UtteranceEnd for the same words."""
    unknown_types: bool = False
    """A message of an unheard-of type comes before each other one."""
    unknown_fields: bool = False
    """Each object has a field that nobody has heard of."""
    missing_fields: frozenset[str] = frozenset()
    """Left out wherever they would be."""
    bad_json: int = 0
    """So many of the next messages are preceded by half a frame of JSON."""
    refuses_until: float = 0.0
    """On the monotonic clock: until then handshakes get 429."""
    stalls_until: float = 0.0
    """On the monotonic clock: until then nothing is answered."""

    def refuse_for(self, seconds: float) -> None:
        self.refuses_until = time.monotonic() + seconds

    def stall_for(self, seconds: float) -> None:
        self.stalls_until = time.monotonic() + seconds

    def is_silent(self) -> bool:
        return self.half_open or time.monotonic() < self.stalls_until

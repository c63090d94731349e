"""When to send what on a Deepgram socket. Pure: the time comes in, a decision goes out; all times in seconds."""

from enum import Enum, auto

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Of one socket."""

    pace: float = 1.25
    """Audio is sent at most so many times faster than real time: Deepgram takes no more."""
    burst_s: float = 0.2
    """Audio that may come ahead of that."""
    pause_s: float = 1.5
    """Without audio for so long, what was heard is asked for."""
    keep_alive_s: float = 3.5
    """Deepgram closes a socket after 10 s without a frame, and after 10 s without any audio at all."""
    stall_s: float = 10.0
    """Audio for so long without any answer."""
    open_s: float = 10.0
    finish_s: float = 5.0
    """For the last words to come."""
    tick_s: float = 0.4


class Pacer:
    """A bucket that leaks `pace` seconds of audio a second."""

    def __init__(self, limits: Limits) -> None:
        self._pace, self._burst_s = limits.pace, limits.burst_s
        self._level_s = self._at = 0.0

    def delay_s(self, audio_s: float, now: float) -> float:
        """Before that audio may be sent; it counts as sent from here on."""
        self._level_s = max(0.0, self._level_s - (now - self._at) * self._pace) + audio_s
        self._at = now
        return max(0.0, self._level_s - self._burst_s) / self._pace


class Duty(Enum):
    """What a socket needs besides audio."""

    PRIME = auto()
    """A little silence: text alone does not keep a socket open that never had audio."""
    FINALIZE = auto()
    KEEP_ALIVE = auto()
    GIVE_UP = auto()


class Vigil:
    """Watches what goes over a socket, and what does not."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._frame_at = self._audio_at = now
        self._has_sent = False
        self._is_pausing = True
        self._unanswered_from: float | None = None

    def sent_audio(self, now: float) -> None:
        self._frame_at = self._audio_at = now
        self._has_sent, self._is_pausing = True, False
        if self._unanswered_from is None:
            self._unanswered_from = now

    def got_answer(self) -> None:
        self._unanswered_from = None

    def due(self, now: float) -> Duty | None:
        """Counts as done from here on."""
        if self._unanswered_from is not None and self._audio_at - self._unanswered_from > self._limits.stall_s:
            return Duty.GIVE_UP
        if not self._is_pausing and now - self._audio_at >= self._limits.pause_s:
            self._is_pausing, self._frame_at = True, now
            return Duty.FINALIZE
        if now - self._frame_at >= self._limits.keep_alive_s:
            self._frame_at = now
            duty = Duty.KEEP_ALIVE if self._has_sent else Duty.PRIME
            self._has_sent = True
            return duty
        return None

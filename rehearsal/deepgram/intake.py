"""How fast a Deepgram socket takes audio: what comes too early waits, as it would at Deepgram."""


class Intake:
    """A bucket that leaks: audio fills it, time empties it `rate` times faster than real time."""

    def __init__(self, rate: float, burst_s: float) -> None:
        self._rate, self._burst_s = rate, burst_s
        self._level_s, self._at = 0.0, 0.0
        self.received_s = 0.0
        self.most_ahead_s = 0.0
        """The most audio that was ever there before its time: at most a frame for a client that keeps to the rate."""

    def take(self, seconds: float, now: float) -> float:
        """When audio that has come now will be heard."""
        self._level_s = max(0.0, self._level_s - (now - self._at) * self._rate) + seconds
        self._at = now
        self.received_s += seconds
        self.most_ahead_s = max(self.most_ahead_s, self._level_s)
        return now + max(0.0, self._level_s - self._burst_s) / self._rate

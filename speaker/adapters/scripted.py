"""A voice, an outlet and a chat without engine or meeting: for tests, and for measuring everything around them."""

import asyncio
import math
import struct
from collections.abc import AsyncGenerator

from shared.clock import Clock
from shared.errors import SpeechError
from speaker.sounds import Sound

TONE_HZ = 200
LOUDNESS = 8000


class ScriptedVoice:
    """A Voice: the same text always makes the same tone, and a longer text a longer one."""

    name = "scripted"

    def __init__(self, rate_hz: int = 24_000, ms_per_character: int = 50, piece_ms: int = 200) -> None:
        self.rate_hz = rate_hz
        self._ms_per_character, self._piece_ms = ms_per_character, piece_ms
        self.failures: list[SpeechError] = []
        """Each is raised once, instead of speaking."""

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        if self.failures:
            raise self.failures.pop(0)
        remaining_ms = len(text) * self._ms_per_character
        while remaining_ms > 0:
            yield tone(min(self._piece_ms, remaining_ms), self.rate_hz)
            remaining_ms -= self._piece_ms

    async def close(self) -> None:
        """Nothing is open."""


def tone(ms: int, rate_hz: int) -> bytes:
    samples = round(rate_hz / TONE_HZ)
    wave = struct.pack(f"<{samples}h", *(round(LOUDNESS * math.sin(math.tau * n / samples)) for n in range(samples)))
    length = rate_hz * ms // 1000 * 2
    return (wave * (length // len(wave) + 1))[:length]


class ScriptedOutlet:
    """An Outlet that keeps what it was given; a sound takes its length on the clock."""

    name = "scripted"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun = asyncio.Condition()
        self.begun: list[Sound] = []
        self.begun_at_ms: list[int] = []
        """From where in the sound, for each that was begun."""
        self.played: list[Sound] = []
        """To their end."""
        self.cut: list[Sound] = []
        self.failures: list[SpeechError] = []
        """Each is raised once, instead of playing."""

    async def play(self, sound: Sound, from_ms: int = 0) -> None:
        if self.failures:
            raise self.failures.pop(0)
        await self._begin(sound, from_ms)
        begun_ms = self._clock.now_ms()
        try:
            await sound.whole()
            await self._clock.sleep((sound.made_ms - from_ms) / 1000)
        except asyncio.CancelledError:
            self.cut.append(sound)
            raise
        finally:
            sound.heard_ms = min(sound.made_ms, from_ms + self._clock.now_ms() - begun_ms)
        self.played.append(sound)

    async def _begin(self, sound: Sound, from_ms: int) -> None:
        async with self._begun:
            self.begun.append(sound)
            self.begun_at_ms.append(from_ms)
            self._begun.notify_all()

    async def wait_until_begun(self, count: int) -> None:
        """Returns when that many sounds have begun in all."""
        async with self._begun:
            await self._begun.wait_for(lambda: len(self.begun) >= count)

    async def close(self) -> None:
        """Nothing is open."""


class ScriptedChat:
    """A Chat that keeps what it was given."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        """Bot and text."""
        self.failures: list[SpeechError] = []
        """Each is raised once, instead of sending."""

    async def send_chat_message(self, bot_id: str, text: str) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((bot_id, text))

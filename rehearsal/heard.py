"""What the people in a rehearsed meeting hear the assistant say."""

import asyncio
import wave
from dataclasses import dataclass
from pathlib import Path

RATE_HZ = 24_000
PAUSE_MS = 300


@dataclass
class HeardClip:
    """One clip: S16LE mono at RATE_HZ."""

    bot_id: str
    pcm: bytes
    begins_ms: float
    """Unix ms."""
    ends_ms: float
    """Earlier than its sound lasts, when it was stopped."""

    @property
    def sound(self) -> bytes:
        """What was heard of it."""
        return self.pcm[: round((self.ends_ms - self.begins_ms) * RATE_HZ / 1000) * 2]


class Heard:
    """A record of all clips, in the order in which they began."""

    def __init__(self, overlap: str = "replace") -> None:
        self._overlap = overlap
        self._begun = asyncio.Condition()
        self.clips: list[HeardClip] = []

    async def begin(self, bot_id: str, pcm: bytes, now_ms: float) -> bool:
        """False when a clip plays and the policy forbids a second one."""
        if self._overlap == "error" and self.playing(bot_id, now_ms):
            return False
        if self._overlap == "replace":
            self.stop(bot_id, now_ms)
        ends_ms = now_ms + len(pcm) * 1000 / (2 * RATE_HZ)
        self.clips.append(HeardClip(bot_id, pcm, now_ms, ends_ms))
        async with self._begun:
            self._begun.notify_all()
        return True

    def playing(self, bot_id: str, now_ms: float) -> list[HeardClip]:
        return [clip for clip in self.clips if clip.bot_id == bot_id and clip.begins_ms <= now_ms < clip.ends_ms]

    def stop(self, bot_id: str, now_ms: float) -> None:
        for clip in self.playing(bot_id, now_ms):
            clip.ends_ms = now_ms

    async def wait_for(self, count: int) -> None:
        """Returns when that many clips have begun in all."""
        async with self._begun:
            await self._begun.wait_for(lambda: len(self.clips) >= count)

    def write_wav(self, path: Path) -> None:
        """All of it, one clip after the other."""
        path.parent.mkdir(parents=True, exist_ok=True)
        pause = bytes(RATE_HZ * PAUSE_MS // 1000 * 2)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(pause.join(clip.sound for clip in self.clips))

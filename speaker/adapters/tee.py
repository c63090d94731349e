"""One outlet that people hear, and a record of what they heard."""

import structlog

from shared.errors import SpeechError
from speaker.ports import Outlet
from speaker.sounds import Sound

log = structlog.get_logger()


class Tee:
    """An Outlet. A record that fails keeps nobody from hearing the answer."""

    def __init__(self, heard: Outlet, record: Outlet) -> None:
        self._heard, self._record = heard, record
        self.name = heard.name

    async def play(self, sound: Sound, from_ms: int = 0) -> None:
        try:
            await self._heard.play(sound, from_ms)
        finally:
            await self._keep(sound, from_ms)

    async def _keep(self, sound: Sound, from_ms: int) -> None:
        heard = bytes(sound.pcm[sound.byte_at(from_ms) : sound.byte_at(sound.heard_ms)])
        if not heard:
            return
        try:
            await self._record.play(Sound.of(sound.way, sound.rate_hz, heard))
        except SpeechError as error:
            log.warning("clip.record_failed", record=self._record.name, category=error.category, reason=error.reason)

    async def close(self) -> None:
        try:
            await self._record.close()
        finally:
            await self._heard.close()

"""One outlet that people hear, and a record of it."""

import structlog

from shared.errors import SpeechError
from speaker.ports import Clip, Outlet

log = structlog.get_logger()


class Tee:
    """An Outlet. A record that fails keeps nobody from hearing the answer."""

    def __init__(self, heard: Outlet, record: Outlet) -> None:
        self._heard, self._record = heard, record
        self.name = heard.name

    async def play(self, clip: Clip) -> None:
        try:
            await self._record.play(clip)
        except SpeechError as error:
            log.warning("clip.record_failed", record=self._record.name, category=error.category, reason=error.reason)
        await self._heard.play(clip)

    async def close(self) -> None:
        try:
            await self._record.close()
        finally:
            await self._heard.close()

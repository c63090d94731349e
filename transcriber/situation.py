"""What all tracks of a meeting share."""

import asyncio

from transcriber.speakers import SpeakerBook


class Situation:
    """Who is there, who spoke when, and whether more audio will come."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.speakers = SpeakerBook()
        self.names: dict[str, str] = {}
        self.audio_ended = asyncio.Event()
        self.heard_ms = 0
        """End of the audio, once it has ended."""

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return tuple(self.names.values())

    def end_audio(self, heard_ms: int) -> None:
        self.heard_ms = heard_ms
        self.audio_ended.set()

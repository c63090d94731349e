"""The sounds of one meeting's sentences, each made once: the next one while the one before it is heard."""

import asyncio
from dataclasses import dataclass

from shared.clock import Clock
from shared.events import SentenceComposed
from speaker.ports import Voice
from speaker.sounds import Sound, Way


@dataclass(frozen=True)
class Making:
    """A sound and the task that makes it."""

    sound: Sound
    task: asyncio.Task[None]
    asked_at: int
    """Unix ms."""


class Synthesis:
    """What is not wanted any more is given up, so that a voice is not kept busy with it."""

    def __init__(self, voice: Voice, clock: Clock) -> None:
        self._voice, self._clock = voice, clock
        self.voice_name = voice.name
        self._made: dict[str, Making] = {}

    def sound_of(self, sentence: SentenceComposed, bot_id: str) -> Sound:
        """Begins to make it, unless that was done before."""
        if sentence.id not in self._made:
            sound = Sound(Way(sentence.meeting_id, bot_id, sentence.id), self._voice.rate_hz)
            task = asyncio.create_task(
                sound.make(self._voice.synthesize(sentence.text), self._clock), name=f"voice {sentence.id}"
            )
            self._made[sentence.id] = Making(sound, task, self._clock.now_ms())
        return self._made[sentence.id].sound

    def made(self, sentence: SentenceComposed) -> Sound | None:
        """None where it was not begun."""
        making = self._made.get(sentence.id)
        return making.sound if making else None

    def asked_at(self, sentence: SentenceComposed) -> int:
        """Unix ms."""
        return self._made[sentence.id].asked_at

    def forget(self, sentence: SentenceComposed) -> None:
        """It was said, or will not be."""
        if making := self._made.pop(sentence.id, None):
            making.task.cancel()

    async def close(self) -> None:
        tasks = [making.task for making in self._made.values()]
        self._made.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

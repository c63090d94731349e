"""One owned meeting's speech: the mouth decides, this says.

The intent is on the timeline before the outlet is called. Whoever takes over goes on with the next sentence.
"""

import asyncio
import contextlib

import structlog

from shared.errors import SpeechError
from shared.events import (
    CODEC,
    BotJoined,
    Event,
    SentenceComposed,
    SpeechCut,
    SpeechFinished,
    SpeechStarted,
    TranscriptCompleted,
    effect,
)
from shared.meetings import write_of
from shared.sessions import OwnedMeeting
from shared.tail import Follower
from shared.waiting import first_of
from speaker import metrics
from speaker.ports import Clip, Outlet, Voice
from speaker.talking import Drop, Mouth, Speak

log = structlog.get_logger()


async def speak(meeting: OwnedMeeting, voice: Voice, outlet: Outlet) -> None:
    """Until the meeting is over. Raises FencedError when another worker owns it."""
    speech = Speech(meeting, voice, outlet)
    last = b"0"
    for entry in await meeting.bus.timeline(meeting.id):
        last = entry.id
        speech.hear(CODEC.decode(entry.fields))
    timeline = meeting.timeline(last)
    try:
        await speech.run(timeline)
    finally:
        timeline.close()
        await speech.stop()


class Speech:
    """What is being said now, and the mouth that decides what is said next."""

    def __init__(self, meeting: OwnedMeeting, voice: Voice, outlet: Outlet) -> None:
        self._meeting, self._voice, self._outlet = meeting, voice, outlet
        self._mouth = Mouth()
        self._bot_id = ""
        self._is_over = False
        self._saying: asyncio.Task[None] | None = None
        self._said = asyncio.Event()
        self._ended: set[str] = set()
        """Sentences whose outcome was written, or is being written."""

    def hear(self, fact: Event) -> None:
        match fact:
            case BotJoined():
                self._bot_id = fact.bot_id
            case TranscriptCompleted():
                self._is_over = True
        self._mouth.hear(fact)

    async def run(self, timeline: Follower) -> None:
        while not self._is_over:
            await self._act()
            await first_of(timeline.wait(), self._said.wait())
            self._said.clear()
            for entry in timeline.batch():
                self.hear(CODEC.decode(entry.fields))
            self._check()

    async def stop(self) -> None:
        """Stops the sound."""
        if self._saying and not self._saying.done():
            self._saying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._saying

    def _on_said(self, _: asyncio.Task[None]) -> None:
        self._said.set()

    def _check(self) -> None:
        """Raises what went wrong while saying something, such as FencedError."""
        if self._saying and self._saying.done() and not self._saying.cancelled():
            self._saying.result()

    async def _act(self) -> None:
        """Carries out decisions until there is nothing to do."""
        while True:
            match self._mouth.decide(self._meeting.clock.now_ms()):
                case Speak(sentence):
                    self._saying = asyncio.create_task(self._say(sentence), name=sentence.id)
                    self._saying.add_done_callback(self._on_said)
                case Drop(sentence, reason):
                    await self._drop(sentence, reason)
                case _:
                    return

    async def _drop(self, sentence: SentenceComposed, reason: str) -> None:
        """One outcome only: what was said to its end just before stays finished."""
        if self._saying and self._saying.get_name() == sentence.id:
            await self.stop()
            if sentence.id in self._ended:
                return
        await self._end(sentence, effect(SpeechCut, sentence, "cut", self._meeting.clock, reason=reason))

    async def _say(self, sentence: SentenceComposed) -> None:
        try:
            outcome = await self._play(sentence)
        except SpeechError as error:
            log.warning("speech.failed", category=error.category, reason=error.reason)
            outcome = effect(SpeechCut, sentence, "cut", self._meeting.clock, reason=error.reason)
        await self._end(sentence, outcome)

    async def _end(self, sentence: SentenceComposed, outcome: Event) -> None:
        self._ended.add(sentence.id)
        await asyncio.shield(self._tell(outcome))
        metrics.sentences.labels("cut" if isinstance(outcome, SpeechCut) else "finished").inc()

    async def _play(self, sentence: SentenceComposed) -> Event:
        """Raises SpeechError."""
        pcm, first_audio_ms = await self._synthesize(sentence)
        clip = Clip(
            meeting_id=self._meeting.id,
            bot_id=self._bot_id,
            sentence_id=sentence.id,
            pcm=pcm,
            rate_hz=self._voice.rate_hz,
        )
        started = effect(
            SpeechStarted,
            sentence,
            "started",
            self._meeting.clock,
            text=sentence.text,
            duration_ms=clip.duration_ms,
            first_audio_ms=first_audio_ms,
        )
        await self._tell(started)
        await self._outlet.play(clip)
        return effect(SpeechFinished, sentence, "finished", self._meeting.clock)

    async def _synthesize(self, sentence: SentenceComposed) -> tuple[bytes, int]:
        """The whole sentence, and how long after its composition the first sound of it was there."""
        pieces: list[bytes] = []
        first_audio_ms = 0
        async for piece in self._voice.synthesize(sentence.text):
            if not pieces:
                first_audio_ms = max(0, self._meeting.clock.now_ms() - sentence.at)
                metrics.first_audio.observe(first_audio_ms / 1000)
            pieces.append(piece)
        return b"".join(pieces), first_audio_ms

    async def _tell(self, fact: Event) -> None:
        await self._meeting.write(write_of(fact))
        self._mouth.hear(fact)

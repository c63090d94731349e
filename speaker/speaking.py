"""One owned meeting's speech: the mouth decides, this says.

The intent is on the timeline before the outlet is called. Whoever takes over goes on with the next sentence.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from shared.bus import Entry, Write, decoded
from shared.errors import SpeechError
from shared.events import (
    BotJoined,
    Event,
    MeetingRequested,
    SentenceComposed,
    SpeechCut,
    SpeechFinished,
    SpeechStarted,
    TranscriptCompleted,
    effect,
)
from shared.meetings import write_of
from shared.sessions import OwnedMeeting
from shared.stages import StageBook
from shared.streams import VOICE
from shared.tail import Follower
from shared.tracing import TRACING
from shared.waiting import rung, until
from speaker import metrics
from speaker.chatting import Chatting
from speaker.decisions import Drop, Hold, Speak
from speaker.notices import Notices
from speaker.ports import Chat, Outlet, Voice
from speaker.sounds import Sound
from speaker.synthesis import Synthesis
from speaker.talking import Mouth, words_heard

WIND_DOWN_S = 6.0
"""In which a sentence is said to its end before another speaker says the next one."""
MS_PER_CHARACTER = 65
"""Of speech, where a sentence is not made to its end yet."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Means:
    """What a speaker has to make itself heard."""

    voice: Voice
    outlets: Mapping[str, Outlet]
    """By the name that a meeting is joined with; the first where its name is not known."""
    chat: Chat


async def speak(meeting: OwnedMeeting, means: Means) -> None:
    """Until the meeting is over. Raises FencedError."""
    meeting.wind_down_s = WIND_DOWN_S
    speech = Speech(meeting, means)
    last = b"0"
    for entry in await meeting.bus.timeline(meeting.id):
        last = entry.id
        speech.read(entry)
    facts = (meeting.timeline(last, speech.bell), meeting.captions(speech.bell))
    try:
        await meeting.write(Write(state={VOICE: means.voice.name}))
        await speech.run(facts)
    finally:
        for follower in facts:
            follower.close()
        await speech.stop()


class Speech:
    """What is being said now, and the mouth that decides what is said next."""

    def __init__(self, meeting: OwnedMeeting, means: Means) -> None:
        self._meeting, self._outlets = meeting, means.outlets
        self._outlet = next(iter(means.outlets.values()))
        self._synthesis = Synthesis(means.voice, meeting.clock)
        self._chatting, self._notices = Chatting(meeting, means.chat), Notices(meeting, means.chat)
        self._mouth = Mouth()
        self._stage_book = StageBook()
        self._bot_id = ""
        self._is_over = False
        self._saying: asyncio.Task[None] | None = None
        self.bell = asyncio.Event()
        """Something has come, or was said to its end."""
        self._announced: set[str] = set()
        self._ended: set[str] = set()
        """Sentences whose outcome was written, or is being written."""

    def read(self, entry: Entry) -> None:
        if fact := decoded(entry):
            self.hear(fact)

    def hear(self, fact: Event) -> None:
        match fact:
            case MeetingRequested():
                self._outlet = self._outlets.get(fact.settings.outlet, self._outlet)
            case BotJoined():
                self._bot_id = fact.bot_id
            case TranscriptCompleted():
                self._is_over = True
        self._stage_book.note(fact)
        self._chatting.hear(fact)
        self._notices.hear(fact)
        self._mouth.hear(fact)

    async def run(self, followers: tuple[Follower, ...]) -> None:
        leaving = self._meeting.leaving
        while not self._is_over and not (leaving.is_set() and self._is_silent):
            self._meeting.beat()
            await self._chatting.act()
            await self._notices.act()
            until_ms = await self._act()
            alarm = [until(self._meeting.clock, until_ms)] if until_ms is not None else []
            leave = [] if leaving.is_set() else [leaving.wait()]
            await rung(self.bell, *leave, *alarm, self._meeting.beat_due())
            self.bell.clear()
            for follower in followers:
                for entry in follower.batch():
                    self.read(entry)
            self._check()

    @property
    def _is_silent(self) -> bool:
        return self._saying is None or self._saying.done()

    async def stop(self) -> None:
        """Stops the sound."""
        await self._silence()
        await self._synthesis.close()
        await self._chatting.close()
        await self._notices.close()

    async def _silence(self) -> None:
        if self._saying and not self._saying.done():
            self._saying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._saying

    def _on_said(self, _: asyncio.Task[None]) -> None:
        self.bell.set()

    def _check(self) -> None:
        """Raises what went wrong while saying something, such as FencedError."""
        if self._saying and self._saying.done() and not self._saying.cancelled():
            self._saying.result()

    async def _act(self) -> int | None:
        """Carries out decisions until there is nothing to do; returns when to look again at the latest."""
        while True:
            decision = self._mouth.decide(self._meeting.clock.now_ms())
            match decision:
                case Speak() if self._meeting.leaving.is_set():
                    return None
                case Speak():
                    self._saying = asyncio.create_task(self._say(decision), name=decision.sentence.id)
                    self._saying.add_done_callback(self._on_said)
                case Hold(sentence):
                    await self._hold(sentence)
                case Drop(sentence, reason):
                    await self._drop(sentence, reason)
                case _:
                    self._prepare()
                    return decision.until_ms

    def _prepare(self) -> None:
        """The next sentence is made while one is heard."""
        if upcoming := self._mouth.upcoming:
            self._synthesis.sound_of(upcoming, self._bot_id)

    async def _hold(self, sentence: SentenceComposed) -> None:
        await self._silence()
        if sentence.id not in self._ended:
            self._mouth.held_at(sentence.id, self._sound(sentence).heard_ms)

    async def _drop(self, sentence: SentenceComposed, reason: str) -> None:
        """One outcome only: what was said to its end just before stays finished."""
        if self._saying and self._saying.get_name() == sentence.id:
            await self._silence()
        if sentence.id not in self._ended:
            await self._end(sentence, self._cut(sentence, reason))

    async def _say(self, decision: Speak) -> None:
        sentence = decision.sentence
        with TRACING.span("sentence.say", sentence.trace, meeting_id=self._meeting.id, event_id=sentence.id):
            await self._say_aloud(sentence, decision.from_ms)

    async def _say_aloud(self, sentence: SentenceComposed, from_ms: int) -> None:
        sound = self._sound(sentence)
        turn_at = self._meeting.clock.now_ms()
        try:
            await self._begun(sentence, sound)
            await self._announce(sentence, sound, turn_at)
            await self._outlet.play(sound, from_ms)
            outcome: Event = effect(SpeechFinished, sentence, "finished", self._meeting.clock, heard_ms=sound.made_ms)
        except SpeechError as error:
            log.warning("speech.failed", category=error.category, reason=error.reason)
            outcome = self._cut(sentence, error.reason)
        await self._end(sentence, outcome)

    async def _begun(self, sentence: SentenceComposed, sound: Sound) -> None:
        """A sentence whose turn has come waits for its first sound. Raises SpeechError."""
        self._meeting.backlog.begin(sentence.id)
        try:
            await sound.begun()
        finally:
            self._meeting.backlog.end(sentence.id)

    async def _announce(self, sentence: SentenceComposed, sound: Sound, turn_at: int) -> None:
        """The intent, once, also when the sentence is held and goes on."""
        if sentence.id in self._announced:
            return
        self._announced.add(sentence.id)
        first_audio_ms = max(0, sound.first_at - sentence.at)
        metrics.first_audio.observe(first_audio_ms / 1000)
        started = effect(
            SpeechStarted,
            sentence,
            "started",
            self._meeting.clock,
            text=sentence.text,
            duration_ms=length_of(sentence, sound),
            first_audio_ms=first_audio_ms,
            voice_asked_at=self._synthesis.asked_at(sentence),
            first_audio_at=sound.first_at,
            turn_at=turn_at,
            voice=self._synthesis.voice_name,
        )
        await self._tell(started)

    def _cut(self, sentence: SentenceComposed, reason: str) -> SpeechCut:
        sound = self._synthesis.made(sentence)
        heard_ms = sound.heard_ms if sound else 0
        heard = words_heard(sentence.text, heard_ms, length_of(sentence, sound)) if sound else ""
        clock = self._meeting.clock
        return effect(SpeechCut, sentence, "cut", clock, reason=reason, heard=heard, heard_ms=heard_ms)

    async def _end(self, sentence: SentenceComposed, outcome: Event) -> None:
        self._ended.add(sentence.id)
        self._synthesis.forget(sentence)
        await asyncio.shield(self._tell(outcome))
        metrics.sentences.labels("cut" if isinstance(outcome, SpeechCut) else "finished").inc()

    def _sound(self, sentence: SentenceComposed) -> Sound:
        return self._synthesis.sound_of(sentence, self._bot_id)

    async def _tell(self, fact: Event) -> None:
        await self._meeting.write(write_of(fact))
        if stages := self._stage_book.note(fact):
            metrics.observe(stages)
        self._mouth.hear(fact)


def length_of(sentence: SentenceComposed, sound: Sound) -> int:
    return sound.made_ms if sound.is_whole else max(sound.made_ms, len(sentence.text) * MS_PER_CHARACTER)

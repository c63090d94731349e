"""One track: its audio goes to the speech engine, what it hears goes to the scribe.

Whoever continues, after a crash, a hand-over or a dropped engine stream, does the same: begin RESUME_MS before what is
committed, and drop the words that were committed before. Who hands over has the engine finish what it has heard first.
A participant's own track has an engine stream only while there is sound on it.
"""

import asyncio

import structlog

from shared.connections import LOST
from shared.errors import Category, FencedError, ForgottenError, MeetingGoneError, TranscriptionError, root_of
from shared.meetings import Trouble
from shared.metrics import vendor_calls
from shared.sessions import OwnedMeeting
from shared.streams import CHUNK_MS, COMMITTED, DROPPED, MIXED, ORIGIN, RECEIVED
from shared.waiting import end, is_wanted
from transcriber import metrics
from transcriber.alarms import Alarms
from transcriber.announced import announced
from transcriber.chunks import chunks_in
from transcriber.coverage import Hole
from transcriber.lines import whole
from transcriber.loudness import is_sound
from transcriber.off_record import OffRecord
from transcriber.ports import SpeechEngine, SpeechStream, StreamSpec
from transcriber.scribe import RESUME_MS, Scribe
from transcriber.situation import Situation
from transcriber.track_audio import TrackAudio
from transcriber.watch import Watch

PREROLL_MS = 400
"""Heard before the first sound of a quiet track: a syllable begins softly. More would have to be caught up with."""
QUIET_MS = 15_000
"""After so much quiet a participant's own track gives its engine stream back."""
SETTLE_EVERY_MS = 5_000
LOOK_S = 2.0
REDIAL_S = (0.2, 1.0, 2.0, 5.0)
ENGINE_TROUBLES = frozenset({Trouble.NO_SLOT, Trouble.NO_ENGINE})
HEARING_TROUBLES = frozenset({Trouble.LATE, Trouble.NO_WORDS})
NO_SLOT = "All transcription slots of the account are in use: the sound is kept, and words come when one is free."

log = structlog.get_logger()


class TrackEar:
    """One track, from its first chunk to its last."""

    def __init__(self, meeting: OwnedMeeting, engine: SpeechEngine, situation: Situation, track: str) -> None:
        self._meeting, self._engine, self._situation, self._track = meeting, engine, situation, track
        self._scribe = Scribe(meeting, situation, track)
        self._alarms = Alarms(meeting, situation, track)
        self._watch = Watch()
        self._stream: SpeechStream | None = None
        self._audio = TrackAudio(meeting, situation, track)
        self._off_record = OffRecord(meeting, situation, track, self._scribe)
        self._heard_from_ms = 0
        """Nothing before it may be heard again: it was off the record."""
        self._is_fed = False
        """The stream in hand has all the audio that it will get."""
        self._failures = 0
        """Engine streams in a row that broke before they told anything."""

    async def hear(self) -> None:
        """Until the end of the audio is committed, over as many engine streams as it takes."""
        looking = asyncio.create_task(self._look_after(), name="look-after")
        try:
            while not self._is_done and not self._meeting.leaving.is_set():
                try:
                    await self._hear_next()
                except Exception as failed:
                    if await self._is_hopeless(root_of(failed)):
                        break
        finally:
            await end(looking)
            self._meeting.backlog.end((self._meeting.id, self._track))
            self._alarms.tell_lag(0, self._engine.name)
            self._meeting.health.rest(self._pulse)
        if self._is_done:
            await self._alarms.show({}, ENGINE_TROUBLES | HEARING_TROUBLES)

    async def mark_change(self, source_ms: int) -> None:
        """Another participant began or stopped speaking about here."""
        if self._stream:
            await self._stream.mark_change(source_ms)

    async def learn_vocabulary(self) -> None:
        if self._stream:
            await self._stream.learn(self._situation.vocabulary)

    @property
    def committed_ms(self) -> int:
        """As far as is known here."""
        return self._scribe.committed_ms

    @property
    def _pulse(self) -> str:
        return f"sound of {self._meeting.id} ({self._track}) on its way to {self._engine.name}"

    @property
    def _is_done(self) -> bool:
        return self._situation.audio_ended.is_set() and self._scribe.committed_ms >= self._situation.heard_ms

    @property
    def _is_broken_off(self) -> bool:
        """Another worker goes on, in the middle of what is being said."""
        return self._is_fed and self._meeting.leaving.is_set() and not self._audio.is_over

    # -- one engine stream after the other -----------------------------------------------------------------------------

    async def _hear_next(self) -> None:
        """Nothing is heard before people know of it, nor off the record."""
        await announced(self._meeting, self._situation)
        if await self._off_record.is_unfinished():
            state = await self._meeting.bus.state(self._meeting.id)
            self._scribe.resume(int(state.get(COMMITTED + self._track, "-1")))
            await self._off_record.sit_out()
            self._watch.rest(self._scribe.committed_ms)
            self._heard_from_ms = max(0, self._scribe.committed_ms)
        elif not self._meeting.leaving.is_set():
            await self._hear_once()

    async def _hear_once(self) -> None:
        state = await self._meeting.bus.state(self._meeting.id)
        self._scribe.resume(int(state.get(COMMITTED + self._track, "-1")))
        fresh_from_ms = max(self._scribe.committed_ms, 0)
        self._watch.rest(fresh_from_ms)
        start_ms = max(fresh_from_ms - RESUME_MS, self._heard_from_ms, 0)
        begins_before = self._scribe.committed_ms >= 0 or DROPPED + self._track in state
        self._audio.begin(start_ms if begins_before else None)
        if self._track != MIXED:
            start_ms = await self._wait_for_sound(start_ms, fresh_from_ms)
            if self._is_done or self._meeting.leaving.is_set() or self._situation.off_record.is_set():
                return
        spec = StreamSpec(
            track=self._track,
            start_ms=start_ms,
            fresh_from_ms=max(self._scribe.committed_ms, 0),
            language=self._situation.language,
            vocabulary=self._situation.vocabulary,
            has_many_voices=self._track == MIXED,
        )
        stream = await self._engine.open(spec)
        vendor_calls.labels(self._engine.name, "listen", "opened").inc()
        self._stream, self._is_fed = stream, False
        try:
            async with asyncio.TaskGroup() as tasks:
                feeding = tasks.create_task(self._feed(stream, start_ms), name="feed")
                await self._take_results(stream)
                feeding.cancel()
        finally:
            self._stream = None
            await stream.close()

    async def _take_results(self, stream: SpeechStream) -> None:
        async for heard in stream.results():
            self._failures = 0
            await self._alarms.show({}, ENGINE_TROUBLES)
            if not heard.is_final:
                await self._scribe.show(heard)
            elif not self._is_broken_off:
                await self._scribe.commit(heard)
            else:
                sure = whole(heard, self._audio.coverage.heard_ms)
                await self._scribe.commit(sure)
                if sure.words != heard.words:
                    return  # whatever comes now is behind the word that was broken off
            self._watch.tell(self._scribe.returned_ms, has_words=bool(heard.words))
        if not self._is_fed:
            raise TranscriptionError("the engine ended its stream early", category=Category.UNAVAILABLE)
        if self._is_broken_off:
            return
        await self._scribe.settle(self._situation.heard_ms if self._audio.is_over else self._audio.coverage.heard_ms)

    async def _is_hopeless(self, error: BaseException) -> bool:
        """Rests before the next try; True when there is no use in one. Raises what is not the engine's failure."""
        if isinstance(error, ForgottenError):
            log.warning("commits.forgotten", track=self._track)
            return False
        if not isinstance(error, TranscriptionError):
            raise error
        self._failures += 1
        metrics.engine_failures.labels(error.category).inc()
        vendor_calls.labels(self._engine.name, "listen", error.category).inc()
        log.warning("engine.failed", track=self._track, category=error.category, reason=error.reason)
        if error.is_permanent and self._situation.audio_ended.is_set():
            await self._give_up(error)
            return True
        if error.category is Category.RATE_LIMIT:
            await self._alarms.begin(Trouble.NO_SLOT, NO_SLOT)
        elif error.is_permanent or self._failures > 1:
            await self._alarms.begin(Trouble.NO_ENGINE, f"Transcription is interrupted: {error.reason}.")
        pause_s = REDIAL_S[min(self._failures, len(REDIAL_S)) - 1]
        await self._meeting.clock.sleep(error.retry_after_s or pause_s)
        return False

    async def _give_up(self, error: TranscriptionError) -> None:
        """What this engine will never hear is told as a gap, and the transcript can be completed."""
        await self._scribe.tell_gap(max(self._scribe.committed_ms, 0), self._situation.heard_ms, error.reason)
        await self._scribe.settle(self._situation.heard_ms)

    # -- audio to the engine -----------------------------------------------------------------------------------------

    async def _wait_for_sound(self, start_ms: int, fresh_from_ms: int) -> int:
        """Where the engine should begin to hear. Silence is settled on the way, to the end if there is no sound."""
        with self._audio.following(start_ms) as audio:
            while await self._audio.comes_more(audio):
                for at_ms, pcm in chunks_in(audio.batch()):
                    await self._pass(at_ms)
                    if at_ms >= fresh_from_ms and is_sound(pcm):
                        return max(start_ms, at_ms - PREROLL_MS)
                    if at_ms - PREROLL_MS >= self._scribe.committed_ms + SETTLE_EVERY_MS:
                        self._watch.rest(at_ms)
                        await self._scribe.settle(at_ms - PREROLL_MS)
        if self._audio.is_over:
            await self._scribe.settle(self._situation.heard_ms)
        return self._situation.heard_ms

    async def _feed(self, stream: SpeechStream, start_ms: int) -> None:
        """Chunks in order, until the audio ends or a participant's own track has been quiet for long."""
        quiet_ms = 0
        with self._audio.following(start_ms) as audio:
            while quiet_ms < QUIET_MS and await self._audio.comes_more(audio):
                for at_ms, pcm in chunks_in(audio.batch()):
                    has_sound = is_sound(pcm)
                    quiet_ms = 0 if has_sound or self._track == MIXED else quiet_ms + CHUNK_MS
                    await self._send(stream, at_ms, pcm, has_sound=has_sound)
        self._is_fed = True
        await stream.finish()

    async def _send(self, stream: SpeechStream, source_ms: int, pcm: bytes, *, has_sound: bool) -> None:
        await self._pass(source_ms)
        self._watch.hear(source_ms, is_sound=has_sound)
        self._scribe.arrivals.note(source_ms + CHUNK_MS, self._meeting.clock.now_ms())
        self._meeting.health.beat(self._pulse)
        await stream.send(source_ms, pcm)
        self._meeting.health.rest(self._pulse)
        self._scribe.sent_ms = max(self._scribe.sent_ms, source_ms + CHUNK_MS)

    async def _pass(self, source_ms: int) -> None:
        """A chunk is here; the hole before it is told, if it is worth it."""
        if hole := self._audio.coverage.take(source_ms):
            await self._tell_hole(hole)

    async def _tell_hole(self, hole: Hole) -> None:
        """A participant's own track is empty whenever they are muted: a hole there is only one in what they said."""
        if self._track == MIXED or self._situation.speakers.spoke(self._track, hole.from_ms, hole.to_ms):
            state = await self._meeting.bus.state(self._meeting.id)
            dropped_before_ms = int(state.get(DROPPED + self._track, "0"))
            cause = self._situation.cause_of(hole.from_ms, hole.to_ms, dropped_before_ms)
            await self._scribe.tell_gap(hole.from_ms, hole.to_ms, cause)

    # -- the ledger and its alarms -------------------------------------------------------------------------------------

    async def _look_after(self) -> None:
        """Now and then: are words coming as they should?"""
        while is_wanted():
            await self._meeting.clock.sleep(LOOK_S)
            try:
                await self._look()
            except LOST:
                continue
            except (FencedError, MeetingGoneError):
                return

    async def _look(self) -> None:
        fields = [RECEIVED + self._track, ORIGIN]
        received, origin = await self._meeting.bus.redis.hmget(self._meeting.keys.state, fields)
        self._situation.origin_ms = int(origin or 0)
        self._meeting.backlog.behind((self._meeting.id, self._track), self._watch.lag_ms(int(received or 0)))
        await self._alarms.show(self._watch.troubles(int(received or 0)), HEARING_TROUBLES)
        self._alarms.tell_lag(self._watch.lag_ms(int(received or 0)), self._engine.name)
        await self._scribe.count()
        await self._scribe.correct()

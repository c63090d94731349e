"""One track: its audio goes to the speech engine, lines come back and are committed with the position.

Whoever continues, after a crash, a hand-over or a dropped engine stream, does the same: begin RESUME_MS before what is
committed, and drop the words that were committed before.
"""

import asyncio

import structlog

from shared.bus import Entry, Guard, Write
from shared.errors import Category, ForgottenError, TranscriptionError, root_of
from shared.events import CaptionChanged, GapFound, LineHeard, new_id
from shared.meetings import write_of
from shared.sessions import OwnedMeeting
from shared.streams import CHUNK_MS, COMMITTED, MIXED, PCM, audio_id, before_audio, source_ms_of
from shared.tail import Follower
from shared.waiting import first_of
from transcriber import metrics
from transcriber.coverage import Coverage, Hole
from transcriber.latency import Arrivals
from transcriber.lines import fresh, line_of
from transcriber.ports import Heard, SpeechEngine, SpeechStream, StreamSpec, Word
from transcriber.situation import Situation

RESUME_MS = 2000
"""Audio kept and heard again before the committed position, so that no word is cut in two."""
LAST_CHUNK_S = 1.0
REDIAL_S = (0.2, 1.0, 2.0, 5.0)

log = structlog.get_logger()


class TrackEar:
    """One track: chunks to the engine, results to the timeline."""

    def __init__(self, meeting: OwnedMeeting, engine: SpeechEngine, situation: Situation, track: str) -> None:
        self._meeting, self._engine, self._situation, self._track = meeting, engine, situation, track
        self._stream: SpeechStream | None = None
        self._committed_ms = -1
        self._arrivals = Arrivals()
        self._told_ms = 0
        """Holes before this are on the timeline."""

    async def hear(self) -> None:
        """Until the end of the audio is committed, over as many engine streams as it takes."""
        tries = 0
        while not self._is_done:
            try:
                await self._hear_once()
            except Exception as failed:
                error = root_of(failed)
                if isinstance(error, ForgottenError):
                    log.warning("commits.forgotten", track=self._track)
                    continue
                if not isinstance(error, TranscriptionError):
                    raise
                metrics.engine_failures.labels(error.category).inc()
                log.warning("engine.failed", track=self._track, category=error.category, reason=error.reason)
                if error.is_permanent and self._situation.audio_ended.is_set():
                    await self._give_up(error)
                    return
                await self._meeting.clock.sleep(error.retry_after_s or REDIAL_S[min(tries, len(REDIAL_S) - 1)])
                tries += 1

    async def mark_change(self, source_ms: int) -> None:
        """Another participant began or stopped speaking about here."""
        if self._stream:
            await self._stream.mark_change(source_ms)

    async def learn_names(self) -> None:
        if self._stream:
            await self._stream.learn(self._situation.vocabulary)

    @property
    def _is_done(self) -> bool:
        return self._situation.audio_ended.is_set() and self._committed_ms >= self._situation.heard_ms

    async def _hear_once(self) -> None:
        state = await self._meeting.bus.state(self._meeting.id)
        self._committed_ms = int(state.get(COMMITTED + self._track, "-1"))
        fresh_from_ms = max(self._committed_ms, 0)
        start_ms = max(fresh_from_ms - RESUME_MS, 0)
        self._told_ms = fresh_from_ms
        spec = StreamSpec(
            track=self._track,
            start_ms=start_ms,
            fresh_from_ms=fresh_from_ms,
            language=self._situation.language,
            vocabulary=self._situation.vocabulary,
        )
        stream = await self._engine.open(spec)
        self._stream = stream
        try:
            async with asyncio.TaskGroup() as tasks:
                feeding = tasks.create_task(self._feed(stream, start_ms), name="feed")
                await self._commit_results(stream)
                feeding.cancel()
        finally:
            self._stream = None
            await stream.close()

    async def _give_up(self, error: TranscriptionError) -> None:
        """What this engine will never hear is told as a gap, and the transcript can be completed."""
        await self._tell_gap(max(self._committed_ms, 0), self._situation.heard_ms, error.reason)
        await self._commit(Heard(words=(), is_final=True, settled_ms=self._situation.heard_ms))

    # -- audio to the engine -----------------------------------------------------------------------------------------

    async def _feed(self, stream: SpeechStream, start_ms: int) -> None:
        """Chunks in order until the end; whatever is a hole is told."""
        coverage = Coverage(start_ms if self._committed_ms >= 0 else None)
        audio = self._meeting.tail.follow(self._meeting.keys.audio(self._track), before_audio(start_ms))
        try:
            while await self._comes_more(audio, coverage):
                for entry in audio.batch():
                    await self._send(stream, coverage, entry)
        finally:
            audio.close()
        await stream.finish()

    async def _comes_more(self, audio: Follower, coverage: Coverage) -> bool:
        """Waits for audio. After the end, a chunk may still be on its way; a track may end before others."""
        ended = self._situation.audio_ended
        await first_of(audio.wait(), ended.wait())
        if not ended.is_set():
            return True
        if coverage.heard_ms >= self._situation.heard_ms:
            return False
        try:
            await asyncio.wait_for(audio.wait(), LAST_CHUNK_S)
        except TimeoutError:
            return False
        return True

    async def _send(self, stream: SpeechStream, coverage: Coverage, entry: Entry) -> None:
        source_ms = source_ms_of(entry.id)
        if hole := coverage.take(source_ms):
            await self._tell_hole(hole)
        self._arrivals.note(source_ms + CHUNK_MS, self._meeting.clock.now_ms())
        await stream.send(source_ms, entry.fields[PCM])

    async def _tell_hole(self, hole: Hole) -> None:
        """On the mixed track only: a participant's own track is silent whenever they are muted."""
        if self._track == MIXED:
            await self._tell_gap(hole.from_ms, hole.to_ms, "no audio came from the meeting platform")

    async def _tell_gap(self, from_ms: int, to_ms: int, cause: str) -> None:
        if to_ms <= self._told_ms:
            return
        self._told_ms = to_ms
        gap = GapFound(
            id=f"{self._meeting.id}/gap/{self._track}/{from_ms}",
            meeting_id=self._meeting.id,
            at=self._meeting.clock.now_ms(),
            track=self._track,
            from_ms=from_ms,
            to_ms=to_ms,
            cause=cause,
        )
        await self._meeting.write(write_of(gap))
        metrics.gap_ms.inc(to_ms - from_ms)

    # -- results to the timeline ---------------------------------------------------------------------------------------

    async def _commit_results(self, stream: SpeechStream) -> None:
        async for heard in stream.results():
            if heard.is_final:
                await self._commit(heard)
            else:
                await self._show(heard)
        if not self._situation.audio_ended.is_set():
            raise TranscriptionError("the engine ended its stream early", category=Category.UNAVAILABLE)
        await self._commit(Heard(words=(), is_final=True, settled_ms=self._situation.heard_ms))

    async def _commit(self, heard: Heard) -> None:
        """Line, position and trim, all in one script. A position that is not ahead changes nothing."""
        words = fresh(heard.words, self._committed_ms)
        settled_ms = max([heard.settled_ms, *(word.end_ms for word in words)])
        if settled_ms <= self._committed_ms:
            return
        facts = (self._line_heard(heard, words),) if words else ()
        trim_ms = max(settled_ms - RESUME_MS, 0)
        await self._meeting.write(
            Write(
                facts=facts,
                guard=Guard(COMMITTED + self._track, settled_ms, expected=self._committed_ms),
                trim=(self._track, audio_id(trim_ms)),
            )
        )
        self._committed_ms = settled_ms

    def _line_heard(self, heard: Heard, words: tuple[Word, ...]) -> LineHeard:
        start_ms, end_ms = words[0].start_ms, words[-1].end_ms
        participant_id, speaker = self._speaker(start_ms, end_ms)
        line = line_of(self._track, words, participant_id, speaker)
        now_ms = self._meeting.clock.now_ms()
        late_ms = self._arrivals.since(end_ms, now_ms)
        metrics.final_after.observe(late_ms / 1000)
        metrics.lines.inc()
        return LineHeard(
            id=f"{self._meeting.id}/{line.id}",
            meeting_id=self._meeting.id,
            at=now_ms,
            line=line,
            final_after_ms=late_ms,
        )

    async def _show(self, heard: Heard) -> None:
        words = fresh(heard.words, self._committed_ms)
        if not words:
            return
        _, speaker = self._speaker(words[0].start_ms, words[-1].end_ms)
        caption = CaptionChanged(
            id=new_id(),
            meeting_id=self._meeting.id,
            at=self._meeting.clock.now_ms(),
            track=self._track,
            speaker=speaker,
            start_ms=words[0].start_ms,
            end_ms=words[-1].end_ms,
            text=" ".join(word.text for word in words),
        )
        await self._meeting.write(Write(captions=(caption,)))

    def _speaker(self, start_ms: int, end_ms: int) -> tuple[str, str]:
        if self._track != MIXED:
            return self._track, self._situation.speakers.name_of(self._track) or f"Participant {self._track}"
        return self._situation.speakers.who(start_ms, end_ms)

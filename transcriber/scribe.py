"""What the engine heard of one track, on the timeline: lines committed together with the position in the audio."""

from shared.bus import Guard, Write
from shared.events import CaptionChanged, Event, GapFound, LineHeard, SpeakerCorrected, new_id
from shared.meetings import write_of
from shared.sessions import OwnedMeeting
from shared.streams import COMMITTED, MIXED, RETURNED, SENT, audio_id
from transcriber import metrics
from transcriber.latency import Arrivals
from transcriber.lines import cut, fresh, line_of, voice_of
from transcriber.ports import Heard, Word
from transcriber.situation import Situation

RESUME_MS = 2000
"""Audio kept and heard again before the committed position, so that no word is cut in two."""


class Scribe:
    """Whoever continues begins with `resume` and drops the words that were committed before."""

    def __init__(self, meeting: OwnedMeeting, situation: Situation, track: str) -> None:
        self._meeting, self._situation, self._track = meeting, situation, track
        self.arrivals = Arrivals()
        self.committed_ms = -1
        self.sent_ms = 0
        """End of the audio that the engine was given, or was spared."""
        self.returned_ms = 0
        """End of the audio that it told of."""
        self._gaps_told_ms = 0
        self._counted = (0, 0)

    def resume(self, committed_ms: int) -> None:
        """Goes on from what Redis knows."""
        self.committed_ms = committed_ms
        self._gaps_told_ms = max(committed_ms, 0)

    async def commit(self, heard: Heard) -> None:
        """Lines, position and trim, all in one script. A position that is not ahead changes nothing."""
        words = self._on_record(fresh(heard.words, self.committed_ms))
        settled_ms = max([heard.settled_ms, *(word.end_ms for word in words)])
        self.returned_ms = max(self.returned_ms, settled_ms)
        if settled_ms <= self.committed_ms:
            return
        lines = [self._line_heard(group) for group in map(self._by_people, cut(words)) if group]
        trim_ms = max(settled_ms - RESUME_MS, 0)
        write = Write(
            facts=(*lines, *self._corrections()),
            state=self._counts(),
            guard=Guard(COMMITTED + self._track, settled_ms, expected=self.committed_ms),
            trim=(self._track, audio_id(trim_ms)),
        )
        with metrics.commit.time():
            await self._meeting.write(write)
        self.committed_ms = settled_ms
        metrics.lines.inc(len(lines))

    def skip(self, until_ms: int) -> None:
        """It was off the record until then: told, committed and trimmed by who sat it out."""
        self.committed_ms = max(self.committed_ms, until_ms)
        self.sent_ms, self.returned_ms = max(self.sent_ms, until_ms), max(self.returned_ms, until_ms)
        self._gaps_told_ms = max(self._gaps_told_ms, until_ms)

    async def settle(self, until_ms: int) -> None:
        """Everything before holds no more words."""
        self.sent_ms = max(self.sent_ms, until_ms)
        await self.commit(Heard(words=(), is_final=True, settled_ms=until_ms))

    async def show(self, heard: Heard) -> None:
        """An interim caption."""
        words = self._on_record(fresh(heard.words, self.committed_ms))
        if not words:
            return
        self.returned_ms = max(self.returned_ms, words[-1].end_ms)
        if not (words := self._without_echo(words)):
            return
        now_ms = self._meeting.clock.now_ms()
        metrics.caption_after.observe(self.arrivals.since(words[-1].end_ms, now_ms) / 1000)
        caption = CaptionChanged(
            id=new_id(),
            meeting_id=self._meeting.id,
            at=now_ms,
            track=self._track,
            speaker=self._speaker(cut(words)[-1])[1],
            start_ms=words[0].start_ms,
            end_ms=words[-1].end_ms,
            text=" ".join(word.text for word in words),
        )
        await self._meeting.write(Write(captions=(caption,)))

    async def tell_gap(self, from_ms: int, to_ms: int, cause: str) -> None:
        """Audio that has no words and never will. Once, whoever told it."""
        if to_ms <= self._gaps_told_ms:
            return
        self._gaps_told_ms = to_ms
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

    async def correct(self) -> None:
        """Who said earlier lines, where it has become clear since."""
        if facts := self._corrections():
            await self._meeting.write(Write(facts=facts))

    async def count(self) -> None:
        """The ledger's figures, when they have changed since they were written last."""
        if self._counted != (self.sent_ms, self.returned_ms):
            await self._meeting.write(Write(state=self._counts()))

    def _on_record(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        """Without what was said after somebody wanted it off the record, and heard before that was known."""
        from_ms = self._situation.off_from_ms
        return tuple(word for word in words if word.start_ms < from_ms) if from_ms else words

    def _by_people(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        """Of a final line, without the assistant's echo."""
        kept = self._without_echo(words)
        metrics.echoed_words.inc(len(words) - len(kept))
        return kept

    def _without_echo(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        return self._situation.own_voice.without_echo(words, self._situation.origin_ms)

    def _counts(self) -> dict[str, str | int]:
        self._counted = self.sent_ms, self.returned_ms
        missing_ms = self._situation.missing_ms[self._track]
        return {
            SENT + self._track: max(0, self.sent_ms - missing_ms),
            RETURNED + self._track: max(0, self.returned_ms - missing_ms),
        }

    def _line_heard(self, words: tuple[Word, ...]) -> LineHeard:
        participant_id, speaker = self._speaker(words)
        line = line_of(self._track, words, participant_id, speaker)
        now_ms = self._meeting.clock.now_ms()
        late_ms = self.arrivals.since(line.end_ms, now_ms)
        metrics.final_after.observe(late_ms / 1000)
        return LineHeard(
            id=f"{self._meeting.id}/{line.id}",
            meeting_id=self._meeting.id,
            at=now_ms,
            line=line,
            final_after_ms=late_ms,
        )

    def _speaker(self, words: tuple[Word, ...]) -> tuple[str, str]:
        """Id and name. A track of one's own needs no guessing."""
        speakers = self._situation.speakers
        if self._track != MIXED:
            return self._track, speakers.name_of(self._track) or f"Participant {self._track}"
        return speakers.who(words[0].start_ms, words[-1].end_ms, voice_of(words))

    def _corrections(self) -> tuple[Event, ...]:
        if self._track != MIXED:
            return ()
        now_ms = self._meeting.clock.now_ms()
        return tuple(
            SpeakerCorrected(
                id=f"{self._meeting.id}/{found.line_id}/speaker/{found.participant_id}",
                meeting_id=self._meeting.id,
                at=now_ms,
                line_id=found.line_id,
                speaker=found.speaker,
                participant_id=found.participant_id,
            )
            for found in self._situation.speakers.corrections()
        )

"""Who is talking besides the assistant, and whether it is being talked over. Pure; all times are Unix ms.

It is told what the platform notices of people's voices, and what the speech engine heard, interim and final. Either may
be missing: some platforms tell nothing, and an engine takes a second.
"""

from dataclasses import dataclass, field

from shared.events import CaptionChanged, Event, LineHeard, SpeakingStarted, SpeakingStopped
from speaker.overlap import interrupts, words_after, words_of_line_after

STALE_MS = 10_000
"""Who is said to be talking, and of whom no word came for so long, is not."""
VOICE_ALONE_MS = 700
"""A cough is shorter, and so is `mhm`."""
WORDLESS_MS = 1_500
"""A voice of which no word came by then was a noise."""
UNCONFIRMED_MS = 4_000
"""Interim words that no final line has confirmed by then were none."""
SLACK_MS = 100
OPEN_MS = 3_000
"""Where the platform tells nothing, an utterance that is not final lasts for so long after its last interim words."""


@dataclass
class Overlap:
    """What others say since the assistant began a sentence."""

    since_at: int
    said: str
    has_words: bool = False
    """Interim words that are meant to stop it."""
    is_confirmed: bool = False
    """A final line says so."""
    is_refuted: bool = False
    """A final line says that it was nothing."""


@dataclass
class Floor:
    """Fed with every fact of the timeline, and with captions."""

    assistant: str = "Chime"
    voices: dict[str, int] = field(default_factory=dict)
    """Since when, by participant, as the platform tells."""
    has_voices: bool = False
    """The platform tells of voices."""
    open_at: dict[str, int] = field(default_factory=dict)
    """When interim words came last, by track, of utterances that are not final."""
    sign_at: int = 0
    """The last sign of somebody talking."""
    origin_ms: int | None = None
    """Source time 0."""
    overlap: Overlap | None = None

    def hear(self, fact: Event) -> None:
        match fact:
            case SpeakingStarted() if fact.name != self.assistant:
                self.has_voices, self.voices[fact.participant_id] = True, fact.at
                self.sign_at = max(self.sign_at, fact.at)
            case SpeakingStopped() if self.voices.pop(fact.participant_id, None) is not None:
                self.sign_at = max(self.sign_at, fact.at)
            case CaptionChanged() if fact.speaker != self.assistant:
                self.on_caption(fact)
            case LineHeard() if fact.line.speaker != self.assistant:
                self.on_line(fact)

    def on_caption(self, caption: CaptionChanged) -> None:
        origin = caption.at - caption.end_ms if self.origin_ms is None else self.origin_ms
        begins_at, ends_at = origin + caption.start_ms, min(origin + caption.end_ms, caption.at)
        self.sign_at = max(self.sign_at, ends_at)
        self.open_at[caption.track] = caption.at
        if overlap := self.overlap:
            words = words_after(caption.text, begins_at, ends_at, overlap.since_at)
            overlap.has_words = overlap.has_words or interrupts(words, overlap.said)

    def on_line(self, fact: LineHeard) -> None:
        ended_at = fact.at - fact.final_after_ms
        self.origin_ms = ended_at - fact.line.end_ms
        self.sign_at = max(self.sign_at, ended_at)
        self.open_at.pop(fact.line.track, None)
        if (overlap := self.overlap) and ended_at > overlap.since_at + SLACK_MS:
            words = words_of_line_after(fact.line, self.origin_ms, overlap.since_at - SLACK_MS)
            is_meant = interrupts(words, overlap.said)
            overlap.is_confirmed = overlap.is_confirmed or is_meant
            overlap.is_refuted = not is_meant

    def free_at(self, now_ms: int, pause_ms: int) -> int:
        """When the assistant may begin, if nothing else happens."""
        self.forget_stale(now_ms)
        if self.voices:
            return min(max(since, self.sign_at) for since in self.voices.values()) + STALE_MS
        open_until = 0 if self.has_voices else max(self.open_at.values(), default=-OPEN_MS) + OPEN_MS
        return max(self.sign_at + pause_ms, open_until if open_until > now_ms else 0)

    def begin(self, since_at: int, said: str) -> None:
        """The assistant speaks from now on."""
        self.overlap = Overlap(since_at, said)

    def end(self) -> None:
        self.overlap = None

    def is_talked_over(self, now_ms: int) -> bool:
        if not (overlap := self.overlap):
            return False
        return overlap.is_confirmed or overlap.has_words or self.voice_confirms_at(now_ms) <= now_ms

    def voice_confirms_at(self, now_ms: int) -> int:
        """When a voice alone will have lasted long enough; far away where there is none."""
        self.forget_stale(now_ms)
        since_at = self.overlap.since_at if self.overlap else now_ms
        lasting = [max(since, since_at) + VOICE_ALONE_MS for since in self.voices.values()]
        return min(lasting, default=now_ms + STALE_MS)

    def was_nothing_at(self, now_ms: int) -> int | None:
        """When it will be clear that nobody meant to stop it, if nothing else happens; None while a voice lasts."""
        overlap = self.overlap
        self.forget_stale(now_ms)
        if overlap is None or self.voices:
            return None
        if overlap.is_refuted:
            return now_ms
        return self.sign_at + (UNCONFIRMED_MS if overlap.has_words else WORDLESS_MS)

    def forget_stale(self, now_ms: int) -> None:
        stale = [who for who, since in self.voices.items() if now_ms - max(since, self.sign_at) >= STALE_MS]
        for who in stale:
            del self.voices[who]

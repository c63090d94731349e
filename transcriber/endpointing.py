"""Where utterances begin and end: voice probabilities go in, decisions come out.

Utterances never overlap and every voiced frame is in exactly one of them, so that a successor that starts anywhere in
what was settled goes on without losing or repeating a word.
"""

from dataclasses import dataclass

FRAME_MS = 32
VOICE_BEGINS = 0.5
VOICE_GOES_ON = 0.35
MIN_VOICE_MS = 96
"""Less is a click, not a word."""
SILENCE_MS = 300
DIP_MS = 96
"""The least silence in which an utterance is cut for a reason: the speaker changed, or it is long."""
PREROLL_MS = 200
HANGOVER_MS = 200
LONG_MS = 10_000
LONGEST_MS = 14_000
CUT_SEARCH_MS = 3_000
MARK_BEFORE_MS = 600
"""A platform notices late: the change was up to this long before the mark..."""
MARK_AFTER_MS = 300
"""...and up to this long after it."""
FIRST_CAPTION_MS = 700
NEXT_CAPTION_MS = 1_500
SETTLE_EVERY_MS = 1_000
SETTLE_LAG_MS = PREROLL_MS + 3 * FRAME_MS
"""More than the pre-roll, because another frame grid may notice the same voice some frames earlier."""


@dataclass(frozen=True)
class Utterance:
    """A stretch of audio to be turned into words, and where in it the voice begins and ends."""

    start_ms: int
    end_ms: int
    voice_start_ms: int
    voice_end_ms: int


@dataclass(frozen=True)
class Grown:
    """The open utterance holds enough new speech to be worth a new caption."""

    utterance: Utterance


@dataclass(frozen=True)
class Closed:
    """The utterance is over, and everything before its end is settled."""

    utterance: Utterance


@dataclass(frozen=True)
class Settled:
    """No utterance begins before this any more."""

    before_ms: int


Decision = Grown | Closed | Settled


@dataclass(frozen=True)
class Frame:
    at_ms: int
    probability: float
    is_voice: bool


class Endpointer:
    """The state of one track."""

    def __init__(self, fresh_from_ms: int) -> None:
        self._floor_ms = fresh_from_ms  # the next utterance does not begin before this
        self._settled_ms = fresh_from_ms
        self._now_ms: int | None = None  # end of the last frame; none at the start and after `finish`
        self._is_voice = False
        self._start_ms = 0
        self._frames: list[Frame] = []  # of the open utterance, from its first voiced frame on
        self._captioned_ms = 0
        self._marks: list[int] = []

    def hear(self, at_ms: int, probability: float) -> list[Decision]:
        """One frame. A frame that does not follow the one before closes what is open."""
        decisions: list[Decision] = []
        if self._now_ms is not None and self._now_ms != at_ms:
            decisions = self.finish(self._now_ms)
        self._now_ms = at_ms + FRAME_MS
        self._is_voice = probability >= (VOICE_GOES_ON if self._is_voice else VOICE_BEGINS)
        if self._now_ms <= self._floor_ms:
            return decisions
        if not self._frames and self._is_voice:
            self._start_ms = max(self._floor_ms, at_ms - PREROLL_MS)
        if self._frames or self._is_voice:
            self._frames.append(Frame(at_ms, probability, self._is_voice))
        return decisions + self._decide(self._now_ms)

    def mark_change(self, at_ms: int) -> list[Decision]:
        """The speaker changed about here, perhaps some time ago."""
        self._marks.append(at_ms)
        return self._decide(self._now_ms) if self._now_ms is not None else []

    def finish(self, at_ms: int) -> list[Decision]:
        """The audio ends here; what `hear` gets next begins anew."""
        decisions: list[Decision] = []
        if self._frames:
            decisions.append(self._close(len(self._frames), min(at_ms, self._voice_end_ms() + HANGOVER_MS)))
        if at_ms > self._settled_ms:
            decisions.append(self._settle(at_ms))
        self._now_ms, self._is_voice = None, False
        return decisions

    def _decide(self, now_ms: int) -> list[Decision]:
        decisions: list[Decision] = []
        while self._frames and (cut := self._find_cut(now_ms)):
            decisions.append(self._close(*cut))
        self._marks = [mark for mark in self._marks if now_ms < mark + MARK_AFTER_MS + SILENCE_MS]
        if self._frames:
            return decisions + self._grow(now_ms)
        if now_ms - SETTLE_LAG_MS >= self._settled_ms + SETTLE_EVERY_MS:
            decisions.append(self._settle(now_ms - SETTLE_LAG_MS))
        return decisions

    def _find_cut(self, now_ms: int) -> tuple[int, int] | None:
        """How many frames go, and where the utterance ends."""
        length_ms = now_ms - self._start_ms
        voice_end_ms = self._voice_end_ms()
        if now_ms - voice_end_ms >= (DIP_MS if length_ms >= LONG_MS else SILENCE_MS):
            return len(self._frames), min(now_ms, voice_end_ms + HANGOVER_MS)
        index = self._marked_dip()
        if index is None and length_ms >= LONGEST_MS:
            index = self._deepest_dip()
        return (index, self._frames[index].at_ms) if index is not None else None

    def _marked_dip(self) -> int | None:
        """The middle of the dip that is closest to a mark; the mark is used up."""
        if not self._marks:
            return None
        middles = [(first + last + 1) // 2 for first, last in self._dips()]
        near = [
            (abs(self._frames[middle].at_ms - mark), mark, middle)
            for mark in self._marks
            for middle in middles
            if mark - MARK_BEFORE_MS <= self._frames[middle].at_ms <= mark + MARK_AFTER_MS
        ]
        if not near:
            return None
        _, mark, middle = min(near)
        self._marks.remove(mark)
        return middle

    def _dips(self) -> list[tuple[int, int]]:
        """First and last index of each silence that is long enough to cut in, and has a word before it."""
        dips = []
        voiced = quiet = 0
        for index, frame in enumerate(self._frames):
            quiet = 0 if frame.is_voice else quiet + 1
            voiced += frame.is_voice
            ends = index + 1 == len(self._frames) or self._frames[index + 1].is_voice
            if ends and quiet * FRAME_MS >= DIP_MS and voiced * FRAME_MS >= MIN_VOICE_MS:
                dips.append((index - quiet + 1, index))
        return dips

    def _deepest_dip(self) -> int:
        """Where, in the last seconds, three frames together are the least like a voice."""
        frames = self._frames
        candidates = range(max(1, len(frames) - CUT_SEARCH_MS // FRAME_MS), len(frames) - 1)
        return min(candidates, key=lambda index: sum(frame.probability for frame in frames[index - 1 : index + 2]))

    def _close(self, count: int, end_ms: int) -> Decision:
        voice = [frame for frame in self._frames[:count] if frame.is_voice]
        utterance = Utterance(self._start_ms, end_ms, voice[0].at_ms, voice[-1].at_ms + FRAME_MS)
        rest = self._frames[count:]
        self._frames = rest if any(frame.is_voice for frame in rest) else []
        self._start_ms = self._floor_ms = end_ms
        self._captioned_ms = 0
        settled = self._settle(end_ms)
        return Closed(utterance) if len(voice) * FRAME_MS >= MIN_VOICE_MS else settled

    def _grow(self, now_ms: int) -> list[Decision]:
        voice = [frame.at_ms for frame in self._frames if frame.is_voice]
        voiced_ms = len(voice) * FRAME_MS
        if voiced_ms < self._captioned_ms + (NEXT_CAPTION_MS if self._captioned_ms else FIRST_CAPTION_MS):
            return []
        self._captioned_ms = voiced_ms
        return [Grown(Utterance(self._start_ms, now_ms, voice[0], voice[-1] + FRAME_MS))]

    def _settle(self, before_ms: int) -> Settled:
        self._settled_ms = max(self._settled_ms, before_ms)
        return Settled(self._settled_ms)

    def _voice_end_ms(self) -> int:
        return next(frame.at_ms + FRAME_MS for frame in reversed(self._frames) if frame.is_voice)

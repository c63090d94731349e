"""From Deepgram's messages to what was heard: pieces become utterances, times become source time. Pure."""

from bisect import bisect_right
from collections.abc import Iterator
from operator import attrgetter

from transcriber.adapters.deepgram_clock import SocketClock
from transcriber.adapters.deepgram_messages import Message, Results, TimedWord, UtteranceEnd, words_of
from transcriber.lines import ends_sentence
from transcriber.ports import Heard, Word
from transcriber.timing import LEAST_MS

ENOUGH_WORDS = 8
"""A sentence that ends after so many words does not wait for the utterance to end."""
LONG_MS = 12_000
"""Nor does so much speech without the end of a sentence."""
QUIET_MS = 1500
"""Silence after which an utterance has ended, even if nobody says so."""
SLACK_MS = 50


class Utterances:
    """Of one socket. Words in final results are collected until they can be read."""

    def __init__(self, clock: SocketClock, fresh_from_ms: int, socket_id: str) -> None:
        self._clock, self._socket_id = clock, socket_id
        self._known_ms = fresh_from_ms if fresh_from_ms > clock.start_ms else -1
        """A word with its middle before this has been told."""
        self._open: list[Word] = []
        self._until_ms = self._settled_ms = fresh_from_ms
        """What final results have told of, and what has been passed on of it."""

    @property
    def settled_ms(self) -> int:
        return self._settled_ms

    def take(self, message: Message) -> Iterator[Heard]:
        match message:
            case Results(is_final=True):
                yield from self._take_final(message)
            case Results():
                yield from self._show(self._placed(message))
            case UtteranceEnd(last_word_end) if self._ends_open(last_word_end):
                yield self._concluded(len(self._open))

    def conclude(self) -> Iterator[Heard]:
        """No more messages: what is final so far."""
        if self._open or self._until_ms > self._settled_ms:
            yield self._concluded(len(self._open))

    def finish(self) -> Iterator[Heard]:
        """No more messages, for everything was heard."""
        self._until_ms = max(self._until_ms, self._clock.end_ms)
        yield from self.conclude()

    def _take_final(self, results: Results) -> Iterator[Heard]:
        self._open += self._placed(results)
        self._until_ms = max(self._until_ms, self._end_of(results))
        while count := self._before_jump():
            yield self._concluded(count)
        is_over = results.speech_final or results.from_finalize or self._is_quiet()
        if count := len(self._open) if is_over else self._readable():
            yield self._concluded(count)
        if self._open:
            yield from self._show(())
        elif self._until_ms > self._settled_ms:
            yield self._concluded(0)

    def _placed(self, results: Results) -> tuple[Word, ...]:
        """In source time, each after the one before, none without length; what was heard before is left out."""
        placed = []
        reached_ms = self._open[-1].end_ms if self._open else self._settled_ms
        for word in words_of(results):
            start_ms, end_ms = self._times_of(word, reached_ms)
            text = word.punctuated_word or word.word
            if not text or start_ms + end_ms <= 2 * self._known_ms:
                continue
            start_ms = max(start_ms, reached_ms)
            reached_ms = max(end_ms, start_ms + LEAST_MS)
            placed.append(
                Word(
                    text=text,
                    start_ms=start_ms,
                    end_ms=reached_ms,
                    confidence=1.0 if word.confidence is None else word.confidence,
                    voice="" if word.speaker is None else f"{self._socket_id}-{word.speaker}",
                    language=word.language or "",
                )
            )
        return tuple(placed)

    def _times_of(self, word: TimedWord, reached_ms: int) -> tuple[int, int]:
        """A word without times comes right after the one before."""
        start_s = word.end if word.start is None else word.start
        end_s = word.start if word.end is None else word.end
        if start_s is None or end_s is None:
            return reached_ms, reached_ms + LEAST_MS
        start_ms, end_ms = self._clock.place(start_s, end_s)
        return min(start_ms, end_ms - LEAST_MS), end_ms

    def _show(self, words: tuple[Word, ...]) -> Iterator[Heard]:
        if shown := (*self._open, *words):
            yield Heard(words=shown, is_final=False)

    def _end_of(self, results: Results) -> int:
        """In source time."""
        told_ms = self._clock.source_of((results.start or 0.0) + (results.duration or 0.0))
        return max(told_ms, self._open[-1].end_ms) if self._open else told_ms

    def _before_jump(self) -> int:
        """So many open words were said before a stretch without audio; 0 if there is none between them."""
        for jump_ms in self._clock.jumps_after(self._open[0].start_ms) if self._open else ():
            said = bisect_right(self._open, jump_ms, key=attrgetter("end_ms"))
            if said < len(self._open):
                return said
        return 0

    def _readable(self) -> int:
        """So many open words need not wait for more."""
        for n in range(len(self._open), ENOUGH_WORDS - 1, -1):
            if ends_sentence(self._open[n - 1]):
                return n
        is_long = self._open and self._until_ms - self._open[0].start_ms > LONG_MS
        return len(self._open) if is_long else 0

    def _is_quiet(self) -> bool:
        return bool(self._open) and self._until_ms - self._open[-1].end_ms >= QUIET_MS

    def _ends_open(self, last_word_end_s: float | None) -> bool:
        """Whether it is of words that were not concluded yet."""
        if not self._open:
            return False
        return last_word_end_s is None or self._clock.source_of(last_word_end_s) >= self._open[-1].end_ms - SLACK_MS

    def _concluded(self, count: int) -> Heard:
        """The first words that are open, as one final result. What stays open is not settled."""
        words, self._open = tuple(self._open[:count]), self._open[count:]
        self._settled_ms = self._open[0].start_ms if self._open else max(self._until_ms, self._settled_ms)
        return Heard(words=words, is_final=True, settled_ms=self._settled_ms)

"""One meeting's mouth: which sentence is said next, and which is not worth saying any more.

Pure, and rebuilt by hearing the timeline from its start: a successor goes on where a dead speaker stopped.
"""

from dataclasses import dataclass, field

from shared.events import (
    Asked,
    Event,
    Hushed,
    MeetingRequested,
    SentenceComposed,
    SpeechCut,
    SpeechFinished,
    SpeechStarted,
)
from speaker.decisions import Decision, Drop, Hold, Speak, StayQuiet
from speaker.floor import Floor

PERISHED_MS = 30_000
"""An answer that comes so late is an answer to something else by now."""
ENDING_MS = 1_000
"""By so much the playing of a clip may outlast its sound."""

PAUSE_MS = 300
"""People must have been quiet for so long before it begins."""
PATIENCE_MS = 8_000
"""Who has waited so long for a pause takes the first moment in which nobody talks."""
BREATH_MS = 500
"""The next sentence of an answer that follows so soon needs no pause."""
HELD_MS = 8_000
"""A sentence that was stopped for longer is not gone on with."""
GO_BACK_MS = 300
MOST_HOLDS = 2

HUSHED = "hushed"
TALKED_OVER = "talked over"
REPLACED = "asked again with more words"
INTERRUPTED = "interrupted"
TOO_LATE = "too late"


@dataclass(frozen=True)
class Waiting:
    """A sentence whose turn has not come."""

    sentence: SentenceComposed
    talked_ms: int
    """How long the mouth had talked in all when the sentence was composed."""


@dataclass
class Talk:
    """How long the mouth has talked: to wait for an earlier sentence is not to be late."""

    total_ms: int = 0
    since_ms: int | None = None
    longest_ms: int = 0

    def begin(self, at_ms: int, duration_ms: int) -> None:
        self.end(at_ms)
        self.since_ms, self.longest_ms = at_ms, duration_ms + ENDING_MS

    def end(self, at_ms: int) -> None:
        self.total_ms, self.since_ms = self.until(at_ms), None

    def until(self, at_ms: int) -> int:
        """Nobody talks longer than the sentence, not even somebody who died over it."""
        if self.since_ms is None:
            return self.total_ms
        return self.total_ms + min(max(at_ms - self.since_ms, 0), self.longest_ms)


@dataclass
class Held:
    """A sentence that was stopped because somebody seemed to talk over it."""

    sentence: SentenceComposed
    since_ms: int
    heard_ms: int | None = None
    """None until the speech has told it."""


@dataclass
class Mouth:
    """Hears every fact of the timeline in order, and captions; each decision is given once."""

    floor: Floor = field(default_factory=Floor)
    yields: bool = True
    """It falls silent when somebody talks over it."""
    waiting: dict[str, Waiting] = field(default_factory=dict)
    """By sentence id, in the order of composition."""
    saying: SentenceComposed | None = None
    is_mine: bool = False
    """This mouth decided to say it; otherwise somebody else began, and did not end."""
    held: Held | None = None
    holds: dict[str, int] = field(default_factory=dict)
    """How often each sentence was stopped for nothing."""
    dropping: dict[str, Drop] = field(default_factory=dict)
    """By sentence id: decided, not yet given."""
    open_answers: set[str] = field(default_factory=set)
    """Causes of which more sentences will come."""
    unwanted: dict[str, str] = field(default_factory=dict)
    """Why nobody wants to hear more of an answer, by cause."""
    last_answer: str = ""
    """Whose sentence was said last, to its end."""
    last_end_ms: int = 0
    seen: set[str] = field(default_factory=set)
    talk: Talk = field(default_factory=Talk)

    def hear(self, fact: Event) -> None:
        if fact.id in self.seen:
            return
        self.floor.hear(fact)
        match fact:
            case MeetingRequested():
                self.floor.assistant, self.yields = fact.settings.bot_name, fact.settings.barge_in
            case SentenceComposed() if fact.speak:
                self.on_composed(fact)
            case SpeechStarted():
                self.on_started(fact)
            case SpeechFinished() | SpeechCut():
                self.on_ended(fact)
            case Asked() if fact.replaces:
                self.reject(fact.replaces, REPLACED)
            case Hushed():
                self.on_hushed()
            case _:
                return
        self.seen.add(fact.id)

    # -- what is there to be said ----------------------------------------------------------------------------------

    def on_composed(self, sentence: SentenceComposed) -> None:
        if reason := self.unwanted.get(sentence.cause_id):
            self.dropping[sentence.id] = Drop(sentence, reason)
        else:
            self.waiting[sentence.id] = Waiting(sentence, self.talk.until(sentence.at))
        if sentence.is_last:
            self.open_answers.discard(sentence.cause_id)
            self.unwanted.pop(sentence.cause_id, None)
        else:
            self.open_answers.add(sentence.cause_id)

    def on_started(self, fact: SpeechStarted) -> None:
        if begun := self.waiting.pop(fact.cause_id, None):
            if self.saying:
                self.dropping[self.saying.id] = Drop(self.saying, INTERRUPTED)
            self.saying, self.is_mine = begun.sentence, False
        if self.saying and self.saying.id == fact.cause_id:
            self.talk.begin(fact.at, fact.duration_ms)

    def on_ended(self, fact: SpeechFinished | SpeechCut) -> None:
        self.waiting.pop(fact.cause_id, None)
        self.dropping.pop(fact.cause_id, None)
        if self.held and self.held.sentence.id == fact.cause_id:
            self.held = None
        if self.saying and self.saying.id == fact.cause_id:
            if isinstance(fact, SpeechFinished):
                self.last_answer, self.last_end_ms = self.saying.cause_id, fact.at
            self.fall_silent(fact.at)

    def on_hushed(self) -> None:
        """The rest of an answer that is still being composed is not wanted either."""
        left = [waiting.sentence for waiting in self.waiting.values()]
        answers = [sentence.cause_id for sentence in (*self.current(), *left)]
        for answer in dict.fromkeys([*answers, *self.open_answers]):
            self.reject(answer, HUSHED)

    def reject(self, answer: str, reason: str) -> None:
        """Nothing more of this answer."""
        left = [waiting.sentence for waiting in self.waiting.values()]
        for sentence in (*self.current(), *left):
            if sentence.cause_id == answer:
                self.waiting.pop(sentence.id, None)
                self.dropping.setdefault(sentence.id, Drop(sentence, reason))
        if answer in self.open_answers:
            self.unwanted[answer] = reason

    def current(self) -> list[SentenceComposed]:
        """What is being said, or is held."""
        held = [self.held.sentence] if self.held else []
        return [*([self.saying] if self.saying else []), *held]

    @property
    def upcoming(self) -> SentenceComposed | None:
        """What will be said next, if nothing happens."""
        return next(iter(self.waiting.values())).sentence if self.waiting else None

    # -- whose turn it is --------------------------------------------------------------------------------------------

    def decide(self, now_ms: int) -> Decision:
        """Ask until it is StayQuiet; again after every fact, and at the time that it names."""
        if self.saying and not self.is_mine:
            self.dropping.setdefault(self.saying.id, Drop(self.saying, INTERRUPTED))
        if self.dropping:
            return self.drop(next(iter(self.dropping)), now_ms)
        if self.held:
            return self.decide_held(self.held, now_ms)
        if self.saying:
            return self.decide_saying(self.saying, now_ms)
        return self.decide_next(now_ms) if self.waiting else StayQuiet()

    def decide_saying(self, sentence: SentenceComposed, now_ms: int) -> Decision:
        if not self.yields:
            return StayQuiet()
        if not self.floor.is_talked_over(now_ms):
            return StayQuiet(self.floor.voice_confirms_at(now_ms) if self.floor.voices else None)
        if self.holds.get(sentence.id, 0) >= MOST_HOLDS:
            self.reject(sentence.cause_id, TALKED_OVER)
            return self.drop(sentence.id, now_ms)
        self.held = Held(sentence, now_ms)
        self.fall_silent(now_ms, is_over=False)
        return Hold(sentence)

    def held_at(self, sentence_id: str, heard_ms: int) -> None:
        """How much of a sentence was heard when it was stopped by Hold."""
        if self.held and self.held.sentence.id == sentence_id:
            self.held.heard_ms = heard_ms

    def decide_held(self, held: Held, now_ms: int) -> Decision:
        """Real: the rest of that answer is dropped. For nothing: it goes on where it was stopped."""
        if held.heard_ms is None:
            return StayQuiet()
        overlap = self.floor.overlap
        if (overlap and overlap.is_confirmed) or now_ms - held.since_ms > HELD_MS:
            self.reject(held.sentence.cause_id, TALKED_OVER)
            return self.drop(held.sentence.id, now_ms)
        nothing_at = self.floor.was_nothing_at(now_ms)
        if nothing_at is None or nothing_at > now_ms:
            return StayQuiet(min(nothing_at or now_ms + HELD_MS, held.since_ms + HELD_MS + 1))
        self.held = None
        self.holds[held.sentence.id] = self.holds.get(held.sentence.id, 0) + 1
        return self.speak(held.sentence, now_ms, max(0, held.heard_ms - GO_BACK_MS))

    def decide_next(self, now_ms: int) -> Decision:
        due = next(iter(self.waiting.values()))
        waited_ms = now_ms - due.sentence.at - (self.talk.total_ms - due.talked_ms)
        if waited_ms > PERISHED_MS:
            del self.waiting[due.sentence.id]
            return Drop(due.sentence, TOO_LATE)
        free_at = self.floor.free_at(now_ms, self.pause_before(due.sentence, waited_ms, now_ms))
        if free_at > now_ms:
            return StayQuiet(min(free_at, now_ms + PERISHED_MS - waited_ms + 1))
        del self.waiting[due.sentence.id]
        return self.speak(due.sentence, now_ms, 0)

    def pause_before(self, sentence: SentenceComposed, waited_ms: int, now_ms: int) -> int:
        goes_on = sentence.cause_id == self.last_answer and now_ms - self.last_end_ms <= BREATH_MS
        return 0 if goes_on or waited_ms > PATIENCE_MS else PAUSE_MS

    def speak(self, sentence: SentenceComposed, now_ms: int, from_ms: int) -> Speak:
        self.saying, self.is_mine = sentence, True
        self.floor.begin(now_ms, sentence.text)
        return Speak(sentence, from_ms)

    def drop(self, sentence_id: str, now_ms: int) -> Drop:
        if self.held and self.held.sentence.id == sentence_id:
            self.held = None
            self.floor.end()
        if self.saying and self.saying.id == sentence_id:
            self.fall_silent(now_ms)
        return self.dropping.pop(sentence_id)

    def fall_silent(self, at_ms: int, *, is_over: bool = True) -> None:
        self.saying = None
        self.talk.end(at_ms)
        if is_over:
            self.floor.end()


def words_heard(text: str, heard_ms: int, whole_ms: int) -> str:
    """The words of a sentence that were heard to their end when it was stopped."""
    words = text.split()
    return " ".join(words[: len(words) * min(heard_ms, whole_ms) // max(whole_ms, 1)])

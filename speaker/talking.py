"""One meeting's mouth: which sentence is said next, and which is not worth saying any more.

Pure, and rebuilt by hearing the timeline from its start: a successor goes on where a dead speaker stopped.
"""

from dataclasses import dataclass, field

from shared.events import Event, Hushed, SentenceComposed, SpeechCut, SpeechFinished, SpeechStarted

PERISHED_MS = 30_000
"""An answer that comes so late is an answer to something else by now."""
ENDING_MS = 1_000
"""By so much the playing of a clip may outlast its sound."""

HUSHED = "hushed"
INTERRUPTED = "interrupted"
TOO_LATE = "too late"


@dataclass(frozen=True)
class Speak:
    """Say it now. SpeechStarted must be on the timeline before the first sound."""

    sentence: SentenceComposed
    from_ms: int = 0
    """More than 0 where it goes on after it was held."""


@dataclass(frozen=True)
class Hold:
    """Stop it now, and tell `Mouth.held` how much of it was heard: perhaps it goes on."""

    sentence: SentenceComposed


@dataclass(frozen=True)
class Drop:
    """Stop it where it is being said, and write SpeechCut with this reason, before the next decision is asked for."""

    sentence: SentenceComposed
    reason: str


@dataclass(frozen=True)
class StayQuiet:
    """Nothing to do until the next fact, or until that time."""

    until_ms: int | None = None


Decision = Speak | Hold | Drop | StayQuiet


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
class Mouth:
    """Hears every fact of the timeline in order; each decision is given once."""

    waiting: dict[str, Waiting] = field(default_factory=dict)
    """By sentence id, in the order of composition."""
    saying: SentenceComposed | None = None
    is_mine: bool = False
    """This mouth decided to say it; otherwise somebody else began, and did not end."""
    dropping: dict[str, Drop] = field(default_factory=dict)
    """By sentence id: decided, not yet given."""
    open_answers: set[str] = field(default_factory=set)
    """Causes of which more sentences will come."""
    hushed_answers: set[str] = field(default_factory=set)
    """Those of them that nobody wants to hear."""
    seen: set[str] = field(default_factory=set)
    talk: Talk = field(default_factory=Talk)

    def hear(self, fact: Event) -> None:
        if fact.id in self.seen:
            return
        match fact:
            case SentenceComposed() if fact.speak:
                self.on_composed(fact)
            case SpeechStarted():
                self.on_started(fact)
            case SpeechFinished() | SpeechCut():
                self.on_ended(fact)
            case Hushed():
                self.on_hushed()
            case _:
                return
        self.seen.add(fact.id)

    def on_composed(self, sentence: SentenceComposed) -> None:
        if sentence.cause_id in self.hushed_answers:
            self.dropping[sentence.id] = Drop(sentence, HUSHED)
        else:
            self.waiting[sentence.id] = Waiting(sentence, self.talk.until(sentence.at))
        if sentence.is_last:
            self.open_answers.discard(sentence.cause_id)
            self.hushed_answers.discard(sentence.cause_id)
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
        if self.saying and self.saying.id == fact.cause_id:
            self.fall_silent(fact.at)

    def on_hushed(self) -> None:
        """The rest of an answer that is still being composed is not wanted either."""
        unwanted = [waiting.sentence for waiting in self.waiting.values()]
        if self.saying:
            unwanted.insert(0, self.saying)
        self.dropping.update((sentence.id, Drop(sentence, HUSHED)) for sentence in unwanted)
        self.waiting.clear()
        self.hushed_answers |= self.open_answers

    def decide(self, now_ms: int) -> Decision:
        """Ask until it is StayQuiet, and again after every fact."""
        if self.saying and not self.is_mine:
            self.dropping.setdefault(self.saying.id, Drop(self.saying, INTERRUPTED))
        if self.dropping:
            return self.drop(next(iter(self.dropping)), now_ms)
        if self.saying or not self.waiting:
            return StayQuiet()
        due = self.waiting.pop(next(iter(self.waiting)))
        if now_ms - due.sentence.at - (self.talk.total_ms - due.talked_ms) > PERISHED_MS:
            return Drop(due.sentence, TOO_LATE)
        self.saying, self.is_mine = due.sentence, True
        return Speak(due.sentence)

    @property
    def upcoming(self) -> SentenceComposed | None:
        """What will be said next, if nothing happens."""
        return next(iter(self.waiting.values())).sentence if self.waiting else None

    def held(self, sentence_id: str, heard_ms: int, now_ms: int) -> None:
        """How much of a sentence was heard when it was stopped by Hold."""

    def drop(self, sentence_id: str, now_ms: int) -> Drop:
        if self.saying and self.saying.id == sentence_id:
            self.fall_silent(now_ms)
        return self.dropping.pop(sentence_id)

    def fall_silent(self, at_ms: int) -> None:
        self.saying = None
        self.talk.end(at_ms)


def words_heard(text: str, heard_ms: int, whole_ms: int) -> str:
    """The words of a sentence that were heard to their end when it was stopped."""
    words = text.split()
    return " ".join(words[: len(words) * min(heard_ms, whole_ms) // max(whole_ms, 1)])

"""A question in a meeting and what came of it."""

from dataclasses import dataclass, field

from shared.erased import without
from shared.events import Asked, Cite, QuestionAnswered, QuestionFailed, SentenceComposed, WordsErased


@dataclass
class Exchange:
    """A question and what came of it; a text to be said is one without a question."""

    id: str
    asked: Asked | None = None
    sentences: dict[int, SentenceComposed] = field(default_factory=dict)
    answered: QuestionAnswered | None = None
    failed: QuestionFailed | None = None

    @property
    def is_pending(self) -> bool:
        return self.answered is None and self.failed is None

    @property
    def cites(self) -> list[Cite]:
        return self.answered.cites if self.answered else []

    def forget(self, erased: WordsErased) -> None:
        """What one person asked, or what was answered from their words."""
        self.asked = without(self.asked, erased) if self.asked else None
        self.sentences = {n: without(sentence, erased) for n, sentence in self.sentences.items()}
        self.answered = without(self.answered, erased) if self.answered else None
        self.failed = without(self.failed, erased) if self.failed else None

"""Whether somebody wants the assistant to pause, go on, leave or forget: by its name, or without. Pure."""

from collections.abc import Iterable

from brain.addressed.calls import LEADS_TO_QUOTE, QUOTES, Callsign
from brain.sentences import split
from shared.wishes import Wish, is_unnamed_pause, wish_in


class Wishing:
    """One meeting's."""

    def __init__(self, name: str = "Chime", people: Iterable[str] = ()) -> None:
        self._sign = Callsign(name, people)

    def meet(self, person: str) -> None:
        """A participant joined, or goes by this name from now on."""
        self._sign.meet(person)

    def spoken(self, speaker: str, text: str) -> Wish | None:
        """The last wish counts: who corrects themselves means the second."""
        if speaker == self._sign.name:
            return None
        wishes, before = [self._without_name(text)], ""
        for sentence in split(text):
            if not LEADS_TO_QUOTE.search(before):
                wishes.append(self._of_sentence(sentence))
            before = sentence
        return next((wish for wish in reversed(wishes) if wish), None)

    def chatted(self, name: str, text: str, to: str = "everyone") -> Wish | None:
        """Written to the assistant alone it needs no name."""
        if name == self._sign.name or not text.strip():
            return None
        said = text.strip().lstrip("@")
        if to != "everyone":
            return self.spoken(name, said) or wish_in(said)
        return self.spoken(name, said)

    def _of_sentence(self, sentence: str) -> Wish | None:
        if sentence[:1] in QUOTES:
            return None
        if (call := self._sign.call_in(sentence)) and call.is_sure:
            return wish_in(call.rest)
        places = self._sign.mentions(sentence)
        words = sentence.split()
        if places and words[places[-1] - 1].endswith(",") and places[-1] >= len(words) - 2:
            return wish_in(self._sign.without(sentence))
        return None if places else self._without_name(sentence)

    def _without_name(self, text: str) -> Wish | None:
        return Wish.PAUSE if is_unnamed_pause(text) else None

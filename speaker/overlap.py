"""Whether what people say while the assistant speaks is meant to stop it."""

import re
from collections.abc import Sequence

from shared.echo import run_in
from shared.events import Line

BACKCHANNELS = frozenset(
    "mhm mm mmm hm hmm hmhm uh-huh uhhuh uh huh um aha ah oh ooh wow yes yeah yep yup ya ok okay kay right sure "
    "exactly great good nice cool perfect true indeed absolutely totally interesting really alright haha hehe thanks "
    "ja genau gut klar achso oui ouais bien sí si vale claro sì certo sim hai はい うん ええ да 嗯 好 对 네 응".split()
)
"""Who says so listens."""
STOPS = frozenset(
    "stop wait no sorry halt moment hang hold but actually quiet enough stopp warte nein non espera para".split()
)
"""One of them is enough to be meant."""
LEAST_WORDS = 2
MARKS = " .,:;!?…–—-\"'“”()[]"
LAUGHTER = re.compile(r"^(?:ha|he|hi|ho){2,}h?$")


def bare_words(text: str) -> list[str]:
    return [word for raw in text.split() if (word := raw.strip(MARKS).lower())]


def is_backchannel(words: Sequence[str]) -> bool:
    """Also of nothing."""
    return all(word in BACKCHANNELS or LAUGHTER.match(word) for word in words)


def interrupts(words: Sequence[str], said: str) -> bool:
    """`said` is what the assistant is saying: its own words, come back, interrupt nobody."""
    echo = run_in(words, said)
    own = bare_words(" ".join([*words[: echo.begin], *words[echo.end :]]))
    if is_backchannel(own):
        return False
    return len(own) >= LEAST_WORDS or any(word in STOPS for word in own)


def words_after(text: str, begins_at: int, ends_at: int, since_at: int) -> list[str]:
    """Those that were said after a moment, all Unix ms, by their share of the time."""
    words = text.split()
    if begins_at >= since_at or ends_at <= begins_at:
        return words if ends_at > since_at else []
    share = max(0.0, (ends_at - since_at) / (ends_at - begins_at))
    return words[len(words) - round(len(words) * share) :]


def words_of_line_after(line: Line, origin_ms: int, since_at: int) -> list[str]:
    if line.words:
        return [word.text for word in line.words if origin_ms + word.start_ms >= since_at]
    return words_after(line.text, origin_ms + line.start_ms, origin_ms + line.end_ms, since_at)

"""A vendor's stream of bytes as PCM: whole samples, tried once more where nothing came of it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from shared.errors import SpeechError

TRIES = 2
"""As long as nothing was heard of the sentence; what was begun is not begun again."""

Open = Callable[[], AsyncGenerator[bytes, None]]
Explain = Callable[[Exception], SpeechError | None]


async def whole_samples(open_stream: Open, explained: Explain) -> AsyncGenerator[bytes, None]:
    """Raises SpeechError. `explained` knows the vendor's errors; what it does not know is raised as it is."""
    for tries_left in reversed(range(TRIES)):
        is_begun, half = False, b""
        try:
            async with aclosing(open_stream()) as stream:
                async for piece in stream:
                    sound = half + piece
                    whole = len(sound) - len(sound) % 2
                    half = sound[whole:]
                    if whole:
                        is_begun = True
                        yield sound[:whole]
            return
        except Exception as error:
            told = error if isinstance(error, SpeechError) else explained(error)
            if told is None:
                raise
            if is_begun or not tries_left or told.is_permanent or told.retry_after_s:
                raise told from error

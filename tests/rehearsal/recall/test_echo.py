from array import array

from rehearsal.heard import Heard
from rehearsal.recall.echo import LOUDEST, Echo

TEN_MS = 240
"""Samples of a clip; 160 of a frame."""


def clip(value: int, samples: int = TEN_MS) -> bytes:
    return array("h", [value] * samples).tobytes()


def frame(value: int = 0) -> bytes:
    return array("h", [value] * 160).tobytes()


async def test_a_clip_is_added_frame_by_frame_to_its_end() -> None:
    heard = Heard()
    await heard.begin("bot1", clip(100, TEN_MS * 3 // 2), 0)
    echo = Echo(heard, "bot1")
    sounds = [array("h", echo.added_to(frame(7))) for _ in range(3)]
    assert [list(dict.fromkeys(sound)) for sound in sounds] == [[107], [107, 7], [7]]
    assert sounds[1].index(7) == 80


async def test_a_clip_that_is_stopped_ends_there() -> None:
    heard = Heard()
    await heard.begin("bot1", clip(100, 24_000), 0)
    heard.stop("bot1", 5)
    assert array("h", Echo(heard, "bot1").added_to(frame())).count(100) == 80


async def test_two_clips_at_once_are_mixed_and_never_overflow() -> None:
    heard = Heard("mix")
    for value in (100, LOUDEST):
        await heard.begin("bot1", clip(value), 0)
    assert set(array("h", Echo(heard, "bot1").added_to(frame()))) == {LOUDEST}


async def test_another_bots_clips_are_people_like_any_other_and_not_added() -> None:
    heard = Heard()
    await heard.begin("bot2", clip(100), 0)
    assert Echo(heard, "bot1").added_to(frame(7)) == frame(7)


async def test_a_frame_that_ends_within_a_sample_stays_as_it_is() -> None:
    heard = Heard()
    await heard.begin("bot1", clip(100), 0)
    assert Echo(heard, "bot1").added_to(bytes(641)) == bytes(641)

import wave
from pathlib import Path

from rehearsal.heard import PAUSE_MS, RATE_HZ, Heard
from speaker.adapters.scripted import tone

NOW = 1_000_000.0
SECOND = tone(1000, RATE_HZ)


async def heard(overlap: str, *begins_ms: float) -> Heard:
    record = Heard(overlap)
    for begin_ms in begins_ms:
        await record.begin("b", SECOND, NOW + begin_ms)
    return record


def lengths(record: Heard) -> list[float]:
    return [clip.ends_ms - clip.begins_ms for clip in record.clips]


async def test_a_clip_is_heard_for_as_long_as_its_sound() -> None:
    assert lengths(await heard("replace", 0)) == [1000]


async def test_a_new_clip_replaces_the_playing_one() -> None:
    assert lengths(await heard("replace", 0, 400)) == [400, 1000]


async def test_both_clips_are_heard_where_they_are_mixed() -> None:
    assert lengths(await heard("mix", 0, 400)) == [1000, 1000]


async def test_a_second_clip_is_refused_where_overlap_is_an_error() -> None:
    record = await heard("error", 0)
    assert await record.begin("b", SECOND, NOW + 400) is False
    assert await record.begin("b", SECOND, NOW + 1000) is True


async def test_clips_of_two_bots_do_not_meet() -> None:
    record = await heard("error", 0)
    assert await record.begin("other", SECOND, NOW) is True


async def test_a_stopped_clip_is_heard_up_to_the_stop() -> None:
    record = await heard("replace", 0)
    record.stop("b", NOW + 250)
    assert record.clips[0].sound == SECOND[: RATE_HZ // 4 * 2]


async def test_all_that_was_heard_becomes_one_wav(tmp_path: Path) -> None:
    record = await heard("replace", 0, 500)
    record.write_wav(tmp_path / "new" / "heard.wav")
    with wave.open(str(tmp_path / "new" / "heard.wav")) as file:
        assert file.getnframes() == RATE_HZ * (500 + PAUSE_MS + 1000) // 1000

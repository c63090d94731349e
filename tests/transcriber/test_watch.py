"""When a transcript that lacks words says so by itself."""

import array

from shared.meetings import Trouble
from transcriber.loudness import is_sound
from transcriber.watch import Watch


def listen(watch: Watch, start_ms: int, end_ms: int, *, is_sound: bool = True) -> None:
    for at_ms in range(start_ms, end_ms, 100):
        watch.hear(at_ms, is_sound=is_sound)


def test_sound_without_words_is_flagged_within_a_minute():
    watch = Watch()
    listen(watch, 0, 45_000)
    watch.tell(45_000, has_words=False)
    assert set(watch.troubles(45_000)) == {Trouble.NO_WORDS}


def test_silence_is_no_trouble():
    watch = Watch()
    listen(watch, 0, 300_000, is_sound=False)
    watch.tell(300_000, has_words=False)
    assert watch.troubles(300_000) == {}


def test_a_door_and_a_cough_are_no_trouble():
    watch = Watch()
    listen(watch, 0, 5_000)
    watch.tell(120_000, has_words=False)
    assert watch.troubles(120_000) == {}


def test_one_word_ends_it():
    watch = Watch()
    listen(watch, 0, 60_000)
    watch.tell(60_000, has_words=True)
    assert watch.troubles(60_000) == {}
    listen(watch, 60_000, 90_000)
    watch.tell(90_000, has_words=False)
    assert watch.troubles(90_000) == {}


def test_words_that_come_late_are_told_until_they_are_in_time_again():
    watch = Watch()
    watch.tell(1_000, has_words=True)
    assert watch.troubles(11_000) == {}
    assert set(watch.troubles(11_100)) == {Trouble.LATE}
    watch.tell(4_000, has_words=True)
    assert set(watch.troubles(11_000)) == {Trouble.LATE}
    watch.tell(6_500, has_words=True)
    assert watch.troubles(11_000) == {}


def test_what_nobody_needs_to_hear_is_not_late():
    watch = Watch()
    watch.rest(60_000)
    assert watch.troubles(60_000) == {}


def test_a_quiet_room_is_no_sound_and_a_soft_voice_is():
    assert not is_sound(bytes(3200))
    assert not is_sound(array.array("h", [90, -90] * 800).tobytes())
    assert is_sound(array.array("h", [600, -600, 0, 0] * 400).tobytes())

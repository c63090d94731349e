import asyncio
from pathlib import Path

import pytest

from shared.clock import ManualClock
from shared.errors import SpeechError
from speaker.adapters.scripted import ScriptedOutlet
from speaker.adapters.tee import Tee
from speaker.adapters.wav_file import WavFile, held_bytes
from speaker.sounds import Sound, Way

RATE_HZ = 24_000


def second() -> Sound:
    return Sound.of(Way("m-1", "b", "s"), RATE_HZ, bytes(2 * RATE_HZ))


async def test_what_was_heard_is_recorded(tmp_path: Path, clock: ManualClock) -> None:
    heard, sound = ScriptedOutlet(clock), second()
    playing = asyncio.create_task(Tee(heard, WavFile(tmp_path)).play(sound))
    await heard.wait_until_begun(1)
    await asyncio.sleep(0)
    clock.advance(1000)
    await playing
    assert heard.played == [sound]
    assert held_bytes(tmp_path / "m-1.wav", RATE_HZ) == 2 * RATE_HZ


async def test_of_a_sound_that_is_stopped_the_record_has_what_was_heard(tmp_path: Path, clock: ManualClock) -> None:
    heard = ScriptedOutlet(clock)
    playing = asyncio.create_task(Tee(heard, WavFile(tmp_path)).play(second(), 200))
    await heard.wait_until_begun(1)
    await asyncio.sleep(0)
    clock.advance(300)
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    assert held_bytes(tmp_path / "m-1.wav", RATE_HZ) == 2 * RATE_HZ * 3 // 10


async def test_a_record_that_fails_keeps_nobody_from_hearing(clock: ManualClock) -> None:
    heard, record = ScriptedOutlet(clock), ScriptedOutlet(clock)
    record.failures.append(SpeechError("the disk is full"))
    playing = asyncio.create_task(Tee(heard, record).play(second()))
    await heard.wait_until_begun(1)
    await asyncio.sleep(0)
    clock.advance(1000)
    await playing
    assert len(heard.played) == 1


async def test_a_sound_that_fails_is_told(clock: ManualClock, tmp_path: Path) -> None:
    heard = ScriptedOutlet(clock)
    heard.failures.append(SpeechError("the bot is gone"))
    with pytest.raises(SpeechError, match="the bot is gone"):
        await Tee(heard, WavFile(tmp_path)).play(second())


def test_it_goes_by_the_name_of_what_is_heard(clock: ManualClock, tmp_path: Path) -> None:
    assert Tee(WavFile(tmp_path), ScriptedOutlet(clock)).name == "wav file"

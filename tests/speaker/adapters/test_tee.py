import asyncio
from pathlib import Path

import pytest

from shared.clock import ManualClock
from shared.errors import SpeechError
from speaker.adapters.scripted import ScriptedOutlet
from speaker.adapters.tee import Tee
from speaker.adapters.wav_file import WavFile
from speaker.ports import Clip

CLIP = Clip(meeting_id="m-1", bot_id="b", sentence_id="s", pcm=bytes(48_000), rate_hz=24_000)


async def test_a_clip_is_recorded_before_it_is_heard(tmp_path: Path, clock: ManualClock) -> None:
    heard = ScriptedOutlet(clock)
    playing = asyncio.create_task(Tee(heard, WavFile(tmp_path)).play(CLIP))
    await heard.wait_until_begun(1)
    assert (tmp_path / "m-1.wav").exists()
    clock.advance(1000)
    await playing
    assert heard.played == [CLIP]


async def test_a_record_that_fails_keeps_nobody_from_hearing(clock: ManualClock) -> None:
    heard, record = ScriptedOutlet(clock), ScriptedOutlet(clock)
    record.failures.append(SpeechError("the disk is full"))
    playing = asyncio.create_task(Tee(heard, record).play(CLIP))
    await heard.wait_until_begun(1)
    clock.advance(1000)
    await playing
    assert heard.played == [CLIP]


async def test_a_sound_that_fails_is_told(clock: ManualClock, tmp_path: Path) -> None:
    heard = ScriptedOutlet(clock)
    heard.failures.append(SpeechError("the bot is gone"))
    with pytest.raises(SpeechError, match="the bot is gone"):
        await Tee(heard, WavFile(tmp_path)).play(CLIP)


def test_it_goes_by_the_name_of_what_is_heard(clock: ManualClock, tmp_path: Path) -> None:
    assert Tee(WavFile(tmp_path), ScriptedOutlet(clock)).name == "wav file"

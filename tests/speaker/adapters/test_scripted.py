import pytest

from shared.clock import ManualClock
from shared.errors import SpeechError
from speaker.adapters.scripted import ScriptedOutlet, ScriptedVoice
from speaker.sounds import Sound, Way


async def spoken(voice: ScriptedVoice, text: str) -> bytes:
    return b"".join([piece async for piece in voice.synthesize(text)])


async def test_a_text_lasts_as_long_as_its_characters() -> None:
    voice = ScriptedVoice(rate_hz=16_000, ms_per_character=50)
    assert len(await spoken(voice, "twelve chars")) == 12 * 50 * 32


async def test_the_same_text_is_always_the_same_sound() -> None:
    assert await spoken(ScriptedVoice(), "Maya will.") == await spoken(ScriptedVoice(), "Maya will.")


async def test_a_scripted_failure_happens_once() -> None:
    voice = ScriptedVoice()
    voice.failures.append(SpeechError("no voice today"))
    with pytest.raises(SpeechError, match="no voice today"):
        await spoken(voice, "Yes.")
    assert await spoken(voice, "Yes.")


async def test_a_scripted_outlet_can_fail_once(clock: ManualClock) -> None:
    outlet = ScriptedOutlet(clock)
    outlet.failures.append(SpeechError("nobody is there"))
    with pytest.raises(SpeechError, match="nobody is there"):
        await outlet.play(Sound.of(Way("m", "b", "s"), 24_000, b""))
    assert outlet.begun == []

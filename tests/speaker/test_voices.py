import pytest
from prometheus_client import REGISTRY

from shared.clock import ManualClock
from shared.config import Secret
from shared.errors import Category, SpeechError
from speaker.adapters.scripted import ScriptedVoice
from speaker.config import SpeakerSettings
from speaker.voices import REST_MS, CountedVoice, SpareVoice, build_voice, chosen

KEY = Secret("k")


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({}, "embedded"),
        ({"deepgram_api_key": KEY}, "deepgram"),
        ({"openai_api_key": KEY}, "openai"),
        ({"openai_api_key": KEY, "openai_base_url": "http://127.0.0.1:11434/v1"}, "embedded"),
        ({"deepgram_api_key": KEY, "openai_api_key": KEY}, "deepgram"),
        ({"deepgram_api_key": KEY, "speaker_voice": "embedded"}, "embedded"),
    ],
)
def test_a_key_decides_unless_the_setting_does(settings: dict[str, object], kind: str) -> None:
    assert chosen(SpeakerSettings(**settings)) == kind


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"speaker_voice": "scripted"}, "scripted"),
        ({"deepgram_api_key": KEY}, "deepgram"),
        ({"openai_api_key": KEY}, "openai"),
        ({}, "hibari"),
    ],
)
async def test_the_voice_is_built(settings: dict[str, object], name: str, clock: ManualClock) -> None:
    voice = build_voice(SpeakerSettings(**settings), clock)
    assert (voice.name, voice.rate_hz) == (name, 24_000)
    await voice.close()


class Broken(ScriptedVoice):
    """Fails every time, after so many pieces."""

    name = "broken"

    def __init__(self, pieces: int = 0) -> None:
        super().__init__()
        self.tries, self._pieces = 0, pieces

    async def synthesize(self, text: str):
        self.tries += 1
        for _ in range(self._pieces):
            yield b"\x00\x00"
        raise SpeechError("it is down", category=Category.UNAVAILABLE)


async def all_of(voice: SpareVoice) -> bytes:
    return b"".join([piece async for piece in voice.synthesize("Yes.")])


async def test_the_spare_voice_says_what_the_first_one_could_not(clock: ManualClock) -> None:
    voice = SpareVoice(Broken(), ScriptedVoice(), clock)
    assert await all_of(voice) == b"".join([piece async for piece in ScriptedVoice().synthesize("Yes.")])


async def test_a_voice_that_failed_rests_and_is_then_asked_again(clock: ManualClock) -> None:
    broken = Broken()
    voice = SpareVoice(broken, ScriptedVoice(), clock)
    for _ in range(3):
        await all_of(voice)
    assert broken.tries == 1
    clock.advance(REST_MS)
    await all_of(voice)
    assert broken.tries == 2


async def test_what_broke_off_in_the_middle_is_not_said_by_two_voices(clock: ManualClock) -> None:
    with pytest.raises(SpeechError, match="it is down"):
        await all_of(SpareVoice(Broken(pieces=1), ScriptedVoice(), clock))


def calls(outcome: str) -> float:
    labels = {"vendor": "broken", "call": "speech", "outcome": outcome}
    return REGISTRY.get_sample_value("chimein_vendor_calls_total", labels) or 0


async def test_each_sentence_asked_of_a_vendor_is_counted_by_how_it_ended(clock: ManualClock) -> None:
    whole = ScriptedVoice()
    whole.name = "broken"
    before = calls("complete"), calls("unavailable")
    await all_of(CountedVoice(whole))
    with pytest.raises(SpeechError):
        await all_of(CountedVoice(Broken(pieces=1)))
    assert (calls("complete"), calls("unavailable")) == (before[0] + 1, before[1] + 1)

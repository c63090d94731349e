"""What the speaker is told."""

from typing import Annotated, Literal

import msgspec

from shared.config import RecallSettings, Secret


class SpeakerSettings(RecallSettings, frozen=True, kw_only=True):
    """Settings of the process `speaker`."""

    speaker_status_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8014
    """Health and metrics of this process; 0 takes a free one."""
    speaker_voice: Literal["auto", "deepgram", "openai", "embedded", "scripted"] = "auto"
    """`auto`: Deepgram or OpenAI where there is a key, else the embedded one; `scripted` makes tones."""
    deepgram_api_key: Secret = Secret("")
    deepgram_base_url: str = "https://api.deepgram.com"
    deepgram_voice: str = "aura-2-thalia-en"
    """A voice of Aura, with its language."""
    openai_api_key: Secret = Secret("")
    openai_base_url: str = ""
    """Of a server that speaks `/v1/audio/speech`."""
    openai_speech_model: str = "gpt-4o-mini-tts"
    """OpenAI itself stops it on 6 January 2027."""
    openai_voice: str = "alloy"
    speech_wav_dir: str = ""
    """A folder in which everything said is also kept, one WAV per meeting; nothing is kept when empty."""

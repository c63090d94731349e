"""What the transcriber is told."""

from typing import Annotated, Literal

import msgspec

from shared.config import Secret, Settings


class TranscriberSettings(Settings, frozen=True, kw_only=True):
    """Settings of the process `transcriber`."""

    transcriber_status_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8012
    """Health and metrics of this process; 0 takes a free one."""
    transcriber_engine: Literal["auto", "deepgram", "embedded", "scripted"] = "auto"
    """`auto`: Deepgram where there is a key, else the embedded one; `scripted` needs no speech, only numbers."""
    deepgram_api_key: Secret = Secret("")
    deepgram_base_url: str = "https://api.deepgram.com"
    """Of another region, as `https://api.eu.deepgram.com`, or of a server of one's own."""
    deepgram_model: str = "nova-3"
    deepgram_opt_out: bool = False
    """Keep audio out of the improvement of Deepgram's models, which costs more."""

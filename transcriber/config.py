"""What the transcriber is told."""

from typing import Annotated

import msgspec

from shared.config import Secret, Settings


class TranscriberSettings(Settings, frozen=True, kw_only=True):
    """Settings of the process `transcriber`."""

    transcriber_status_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8012
    """Health and metrics of this process; 0 takes a free one."""
    transcriber_engine: str = "auto"
    """`embedded`, `scripted` (for rehearsals of the pipeline without speech), or `auto`."""
    deepgram_api_key: Secret = Secret("")

"""What the speaker is told."""

from typing import Annotated

import msgspec

from shared.config import RecallSettings


class SpeakerSettings(RecallSettings, frozen=True, kw_only=True):
    """Settings of the process `speaker`."""

    speaker_status_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8014
    """Health and metrics of this process; 0 takes a free one."""
    speaker_voice: str = "auto"
    """`embedded`, `scripted` (for rehearsals of the pipeline without a voice), or `auto`."""
    speech_wav_dir: str = ""
    """A folder in which everything said is also kept, one WAV per meeting; nothing is kept when empty."""

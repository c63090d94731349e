"""One recording of a bot, as Recall describes it and tells of it."""

import uuid
from datetime import UTC, datetime

from rehearsal.recall.frames import iso

SHORTCUTS = ("video_mixed", "transcript", "participant_events", "meeting_metadata", "audio_mixed")


class Take:
    """From the moment it is made it is being processed, until it is done."""

    def __init__(self) -> None:
        self.id = str(uuid.uuid4())
        self._began = self._changed = datetime.now(UTC)
        self.code = "processing"

    def turn(self, code: str) -> None:
        """`processing`, `paused` or `done`."""
        self.code, self._changed = code, datetime.now(UTC)

    @property
    def part(self) -> dict[str, object]:
        """Of a webhook."""
        return {"id": self.id, "metadata": {}}

    def described(self) -> dict[str, object]:
        began, changed = iso(self._began), iso(self._changed)
        return {
            "id": self.id,
            "created_at": began,
            "started_at": began,
            "completed_at": changed if self.code == "done" else None,
            "expires_at": None,
            "status": {"code": self.code, "sub_code": None, "updated_at": changed},
            "media_shortcuts": dict.fromkeys(SHORTCUTS),
            "metadata": {},
        }

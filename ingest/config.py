"""What ingest is told."""

from typing import Annotated

import msgspec

from shared.config import RecallSettings


class IngestSettings(RecallSettings, frozen=True, kw_only=True):
    """Settings of the process `ingest`."""

    ingest_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8001
    """Where meeting platforms dial in."""
    ingest_status_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8011
    """Health and metrics of this process; 0 takes a free one."""
    websocket_domain: str = ""
    """Public host (and port) under which Recall reaches ingest_port, as `ears.example.org`; this machine when empty."""

    def socket_url(self, meeting_id: str, token: str) -> str:
        """What the bot dials. The path ends in `/` before `?`, as Recall asks."""
        domain = self.websocket_domain or f"127.0.0.1:{self.ingest_port}"
        scheme = "ws" if domain.partition(":")[0] in {"127.0.0.1", "localhost"} else "wss"
        return f"{scheme}://{domain}/recall/{meeting_id}/?token={token}"

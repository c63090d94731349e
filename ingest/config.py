"""What ingest is told."""

from typing import Annotated

import msgspec

from shared.config import Secret, Settings

REGIONS = {
    "us-east-1": "https://us-east-1.recall.ai",
    "us-west-2": "https://us-west-2.recall.ai",
    "eu-central-1": "https://eu-central-1.recall.ai",
    "ap-northeast-1": "https://ap-northeast-1.recall.ai",
}


class IngestSettings(Settings, frozen=True, kw_only=True):
    """Settings of the process `ingest`."""

    ingest_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8001
    """Where meeting platforms dial in."""
    ingest_status_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8011
    """Health and metrics of this process; 0 takes a free one."""
    websocket_domain: str = ""
    """Public host (and port) under which Recall reaches ingest_port, as `ears.example.org`."""
    recall_api_key: Secret = Secret("")
    recall_region: str = "us-west-2"
    recall_base_url: str = ""
    """Instead of the region's address."""

    @property
    def recall_url(self) -> str:
        """Raises KeyError for an unknown region."""
        return self.recall_base_url or REGIONS[self.recall_region]

    def socket_url(self, meeting_id: str, token: str) -> str:
        """What the bot dials. The path ends in `/` before `?`, as Recall asks."""
        host = self.websocket_domain.partition(":")[0]
        scheme = "ws" if host in {"127.0.0.1", "localhost"} else "wss"
        return f"{scheme}://{self.websocket_domain}/recall/{meeting_id}/?token={token}"

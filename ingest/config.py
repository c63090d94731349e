"""What ingest is told."""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from shared.config import RecallSettings, Secret, ingest_address, signing_keys, signing_problems


class IngestSettings(RecallSettings, frozen=True, kw_only=True):
    """Settings of the process `ingest`."""

    ingest_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8001
    """Where meeting platforms dial in."""
    ingest_status_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8011
    """Health and metrics of this process; 0 takes a free one."""
    ingest_drain_s: Annotated[float, msgspec.Meta(ge=0)] = 3.0
    """When told to stop it takes no new sockets, and keeps those that it has until their meetings end, or so long."""
    websocket_domain: str = ""
    """Public host (and port) under which Recall reaches ingest_port, as `ears.example.org`; this machine when empty."""

    recall_sockets: Annotated[int, msgspec.Meta(ge=1, le=3)] = 2
    """Real-time sockets per bot: with two, a socket or an ingest may die and not a word is lost."""
    recall_audio: Literal["mixed", "separate"] = "mixed"
    """`separate`: a track per participant, so that names are certain. Up to 16 at once on Zoom and Meet, 9 on Teams."""
    recall_max_hours: Annotated[float, msgspec.Meta(gt=0, le=23)] = 8.0
    """A bot that has listened for so long leaves, whatever goes on: a cap on cost. Its sockets' tokens last a day."""
    recall_webhook_secret: Secret = Secret("")
    """`whsec_…`; two, separated by a comma or a space, while the secret is being rotated."""
    recall_signed_sockets: bool = True
    """Whether Recall signs its sockets' handshakes with that secret; not for accounts with a secret per webhook."""

    @property
    def webhook_secrets(self) -> tuple[bytes, ...]:
        """Raises binascii.Error for a secret that is not base64."""
        return signing_keys(self.recall_webhook_secret)

    def problems(self) -> Iterator[str]:
        yield from RecallSettings.problems(self)
        yield from signing_problems(self.recall_webhook_secret)

    def socket_urls(self, meeting_id: str, token: str) -> tuple[str, ...]:
        """What the bot dials. The path ends in `/` before `?`, as Recall asks."""
        address = f"{ingest_address(self.websocket_domain, self.ingest_port)}/recall/{meeting_id}/?token={token}"
        return tuple(f"{address}&socket={number}" for number in range(1, self.recall_sockets + 1))

"""What ingest's handlers work with."""

from dataclasses import dataclass

from ingest.config import IngestSettings
from ingest.ports import MeetingPlatform
from shared.audit import AuditLog
from shared.bus import Bus
from shared.clock import Clock


@dataclass(frozen=True)
class Ingest:
    """Shared by all handlers of the process."""

    bus: Bus
    platform: MeetingPlatform
    settings: IngestSettings
    clock: Clock

    @property
    def audit(self) -> AuditLog:
        return AuditLog(self.bus, self.clock, self.settings.audit_days)

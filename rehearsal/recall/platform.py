"""What all bots of a workspace share."""

from dataclasses import dataclass

from rehearsal.heard import Heard
from rehearsal.recall.options import Faults, Options
from rehearsal.recall.webhooks import Webhooks


@dataclass(frozen=True)
class Platform:
    """Settings, switches, the way out for webhooks, and the ears of the people in the meetings."""

    options: Options
    faults: Faults
    webhooks: Webhooks
    heard: Heard

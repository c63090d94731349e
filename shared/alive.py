"""`python -m shared.alive`: exit code 0 when the processes of this container, or of this machine, are alive.

It asks `/health` on each port that one of them may listen at, so that one image has one health check.
"""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Annotated

import msgspec

from shared.config import Settings, load

WITHIN_S = 2.0
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class AliveSettings(Settings, frozen=True, kw_only=True):
    """The ports of health, as the processes themselves are told them."""

    gateway_port: Port = 8000
    ingest_status_port: Port = 8011
    transcriber_status_port: Port = 8012
    brain_status_port: Port = 8013
    speaker_status_port: Port = 8014

    @property
    def ports(self) -> tuple[int, ...]:
        roles = (self.ingest_status_port, self.transcriber_status_port, self.brain_status_port)
        return (self.gateway_port, *roles, self.speaker_status_port)


def main(environ: Mapping[str, str]) -> int:
    """Prints each process that answers. Raises ConfigError."""
    statuses = {port: status_of(port) for port in load(AliveSettings, environ).ports}
    for port, status in statuses.items():
        if status:
            sys.stdout.write(f"port {port}: HTTP {status}\n")
    return verdict_of(statuses)


def verdict_of(statuses: Mapping[int, int]) -> int:
    """Somebody must answer, and nobody may say that they are stuck."""
    answered = [status for status in statuses.values() if status]
    return 0 if answered and all(status == 200 for status in answered) else 1


def status_of(port: int) -> int:
    """0 where nobody listens; 503 also for who listens and does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=WITHIN_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code
    except TimeoutError:
        return 503
    except OSError:
        return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))

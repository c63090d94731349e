"""What the commands are told: the environment, and `.env` in the working directory for what it does not say."""

import os
from collections.abc import Mapping
from pathlib import Path

from honcho.environ import parse

from shared.config import Secret, Settings, load


class CliSettings(Settings, frozen=True, kw_only=True):
    """Settings of the command `chimein`."""

    chimein_url: str = "http://127.0.0.1:8000"
    """Where the gateway answers."""
    public_url: str = ""
    """Where people and Recall's webhooks reach the gateway."""
    chimein_api_key: Secret = Secret("")
    """One of the gateway's CHIMEIN_API_KEYS."""


def environment() -> dict[str, str]:
    """What is set in the environment wins over `.env`."""
    path = Path(".env")
    written: Mapping[str, str] = parse(path.read_text()) if path.exists() else {}
    return {**{name: value for name, value in written.items() if value}, **os.environ}


def settings() -> CliSettings:
    """Raises ConfigError."""
    return load(CliSettings, environment())

"""The embedded engines' libraries report to nobody."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.config import Settings
from shared.entry import start
from shared.privacy import SILENCED

USES_A_MODEL = """
from shared.privacy import keep_to_ourselves
keep_to_ourselves()
from transcriber.adapters.silero import load_silero
load_silero()
"""
SHOWS_A_COMMAND = """
import os, sys
import cli.app
sys.argv = ["chimein", "--help"]
try:
    cli.app.main()
finally:
    print(os.environ["ORT_DISABLE_TELEMETRY"])
"""
ROOT = Path(__file__).parents[2]


def run(code: str, home: Path) -> str:
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [sys.executable, "-c", code], env=environ, cwd=home, check=False, timeout=30, capture_output=True, text=True
    )
    return told.stdout


@pytest.mark.engine
def test_a_model_is_used_without_a_report_being_made(tmp_path: Path) -> None:
    """Left alone the library keeps an identifier of the machine and a store of events to be sent in one's home."""
    run(USES_A_MODEL, tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == []


def test_every_process_is_silenced_before_its_settings_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SILENCED:
        monkeypatch.delenv(name, raising=False)
    seen: dict[str, str | None] = {}

    def main(_: Settings) -> None:
        seen.update({name: os.environ.get(name) for name in SILENCED})

    start(main, Settings)
    assert seen == SILENCED


def test_the_commands_are_silenced_too(tmp_path: Path) -> None:
    assert run(SHOWS_A_COMMAND, tmp_path).endswith("1\n")

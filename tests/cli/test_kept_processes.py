"""Which processes are started again, and when all end."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from processes import ROOT

from cli.kept_processes import MOST_DEATHS

pytestmark = pytest.mark.process
KEPT = """
import itertools, json, os, sys
from cli.kept_processes import KeptProcesses
kept = KeptProcesses(clock_s=itertools.count(0, 0.5).__next__)  # pauses are over at once
for name, command in json.loads(sys.argv[1]).items():
    kept.add_process(name, command, env=dict(os.environ))
kept.loop()
sys.exit(kept.returncode)
"""


def run(**commands: str) -> tuple[int, str]:
    """Exit code, and what was printed."""
    argv = [sys.executable, "-c", KEPT, json.dumps(commands)]
    told = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    return told.returncode, told.stdout


def test_what_died_is_started_again(tmp_path: Path) -> None:
    mark = tmp_path / "died"
    code, told = run(once=f"test -e {mark} && exit 0; touch {mark}; kill -9 $$")
    assert (code, mark.exists()) == (0, True)
    assert "once died" in told


def test_what_is_wrongly_set_ends_all() -> None:
    code, told = run(wrong="exit 2", other="exec sleep 60")
    assert code == 2
    assert "died" not in told


def test_what_dies_again_and_again_is_given_up() -> None:
    code, told = run(mortal="exit 70", other="exec sleep 60")
    assert code == 70
    assert told.count("mortal died") == MOST_DEATHS - 1

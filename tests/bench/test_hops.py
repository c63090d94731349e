"""What one question of the benchmark writes down is what the table reads."""

import importlib
import json
from pathlib import Path

import pytest

from bench import hops


def test_the_table_finds_the_ratio_of_every_hop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = importlib.import_module("bench.__main__")
    monkeypatch.setattr(hops, "OUTPUT", tmp_path)
    monkeypatch.setattr(table, "OUTPUT", tmp_path)
    floors = {name: [1.0] * 10 for name in (*hops.HERE, *hops.THERE)}
    hops.report({**floors, "speaker: sentence → SpeechStarted": [3.0] * 10})
    assert json.loads((tmp_path / "hops.json").read_text())
    assert table.collected()["hop_p50_over_floor"] == 3.0

"""`.env.example` says everything that can be set, and nothing else."""

from pathlib import Path

import msgspec
import pytest
from honcho.environ import parse

from brain.config import BrainSettings
from cli.settings import CliSettings
from gateway.config import GatewaySettings
from ingest.config import IngestSettings
from shared.config import Settings, load
from speaker.config import SpeakerSettings
from transcriber.config import TranscriberSettings

EXAMPLE = Path(__file__).parents[2] / ".env.example"
KINDS = (BrainSettings, CliSettings, GatewaySettings, IngestSettings, SpeakerSettings, TranscriberSettings)


def names_of(kind: type[Settings]) -> set[str]:
    return {field.name.upper() for field in msgspec.structs.fields(kind)}


def test_every_setting_is_in_the_example() -> None:
    assert set.union(*map(names_of, KINDS)) == set(parse(EXAMPLE.read_text()))


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_as_it_is_gives_the_defaults(kind: type[Settings]) -> None:
    assert load(kind, parse(EXAMPLE.read_text())) == load(kind, {})


def test_every_value_is_quoted_because_honcho_cuts_unquoted_ones() -> None:
    lines = [line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#")]
    assert all(line.partition("=")[2].startswith('"') for line in lines)

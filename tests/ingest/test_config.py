"""What ingest is told."""

import base64

import pytest

from ingest.config import IngestSettings
from shared.config import load
from shared.errors import ConfigError

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


def problems_of(**environ: str) -> str:
    with pytest.raises(ConfigError) as wrong:
        load(IngestSettings, environ)
    return str(wrong.value)


def test_a_bot_dials_two_addresses_whose_paths_end_in_a_slash() -> None:
    settings = load(IngestSettings, {"WEBSOCKET_DOMAIN": "ears.example.org"})
    assert settings.socket_urls("m-1", "t") == (
        "wss://ears.example.org/recall/m-1/?token=t&socket=1",
        "wss://ears.example.org/recall/m-1/?token=t&socket=2",
    )


@pytest.mark.parametrize("domain", ["127.0.0.1:9000", "localhost:9000"])
def test_this_machine_is_dialled_without_tls(domain: str) -> None:
    settings = load(IngestSettings, {"WEBSOCKET_DOMAIN": domain, "RECALL_SOCKETS": "1"})
    assert settings.socket_urls("m-1", "t") == (f"ws://{domain}/recall/m-1/?token=t&socket=1",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RECALL_SOCKETS", "0"),
        ("RECALL_SOCKETS", "4"),
        ("RECALL_AUDIO", "stereo"),
        ("RECALL_MAX_HOURS", "0"),
        ("RECALL_MAX_HOURS", "24"),
        ("RECALL_SIGNED_SOCKETS", "perhaps"),
        ("RECALL_REGION", "mars-1"),
        ("RECALL_WEBHOOK_SECRET", "whsec_!"),
        ("RECALL_WEBHOOK_SECRET", "whsec_c2hvcnQ="),
    ],
)
def test_what_cannot_be_is_refused_by_name(name: str, value: str) -> None:
    assert name in problems_of(**{name: value})


def test_a_secret_is_never_shown_in_a_complaint() -> None:
    assert "c2hvcnQ" not in problems_of(RECALL_WEBHOOK_SECRET="whsec_c2hvcnQ=")


def test_region_and_secret_are_told_at_once() -> None:
    text = problems_of(RECALL_REGION="mars-1", RECALL_WEBHOOK_SECRET="!")
    assert "us-west-2, eu-central-1" in text
    assert "RECALL_WEBHOOK_SECRET" in text


def test_two_secrets_are_read_while_one_is_rotated() -> None:
    settings = load(IngestSettings, {"RECALL_WEBHOOK_SECRET": f"{SECRET}, {SECRET}"})
    assert settings.webhook_secrets == (b"k" * 32,) * 2
    assert settings.recall_signed_sockets

"""Settings from the environment."""

import pytest

from shared.config import RECALL_REGIONS, RecallSettings, Secret, Settings, load, signing_problems
from shared.errors import ConfigError

GOOD_KEY = "MDEyMzQ1Njc4OWFiY2RlZg=="


class Some(Settings, frozen=True, kw_only=True):
    """For the tests."""

    key: Secret = Secret("")
    is_on: bool = False
    names: tuple[str, ...] = ()


def test_defaults_stand_where_nothing_is_said() -> None:
    assert load(Some, {"KEY": "", "NAMES": " "}) == Some()


def test_text_becomes_numbers_lists_and_truth() -> None:
    some = load(Some, {"REDIS_PORT": "7000", "NAMES": "a, b,", "IS_ON": "yes"})
    assert (some.redis_port, some.names, some.is_on) == (7000, ("a", "b"), True)


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as wrong:
        load(Some, {"REDIS_PORT": "99999", "IS_ON": "maybe"})
    assert "REDIS_PORT='99999'" in str(wrong.value)
    assert "IS_ON='maybe'" in str(wrong.value)


def test_a_secret_never_shows_itself() -> None:
    some = load(Some, {"KEY": "hunter2", "REDIS_URL": "redis://:hunter2@h/0"})
    shown = f"{some} {some!r} {some.key} {some.key:>5} {[some.key]}"
    assert "hunter2" not in shown
    assert some.key.reveal() == "hunter2"


def test_the_url_wins_over_host_and_port() -> None:
    assert load(Settings, {"REDIS_HOST": "h", "REDIS_PORT": "1"}).bus_url == "redis://h:1/0"
    assert load(Settings, {"REDIS_URL": "redis://u/1", "REDIS_HOST": "h"}).bus_url == "redis://u/1"


def test_without_a_key_recall_is_the_rehearsal() -> None:
    assert RecallSettings().recall_url == "http://127.0.0.1:8009"
    assert RecallSettings(recall_api_key=Secret("k")).recall_url == "https://us-west-2.recall.ai"
    assert RecallSettings(recall_base_url="http://x").recall_url == "http://x"


@pytest.mark.parametrize("region", RECALL_REGIONS)
def test_each_region_has_an_address(region: str) -> None:
    settings = load(RecallSettings, {"RECALL_API_KEY": "k", "RECALL_REGION": region})
    assert settings.recall_url == f"https://{region}.recall.ai"


def test_an_unknown_region_is_refused_with_those_there_are_unless_the_address_is_given() -> None:
    with pytest.raises(ConfigError, match=r"RECALL_REGION='mars-1'.*us-west-2, eu-central-1, ap-northeast-1"):
        load(RecallSettings, {"RECALL_REGION": "mars-1"})
    assert load(RecallSettings, {"RECALL_REGION": "mars-1", "RECALL_BASE_URL": "http://x"}).recall_url == "http://x"


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        ("", 0),
        (f"whsec_{GOOD_KEY}", 0),
        (f"whsec_{GOOD_KEY} whsec_{GOOD_KEY}", 0),
        ("whsec_c2hvcnQ=", 1),
        ("whsec_?", 1),
    ],
)
def test_a_signing_secret_is_base64_and_long(text: str, complaints: int) -> None:
    assert len(list(signing_problems(Secret(text)))) == complaints

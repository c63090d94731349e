"""Settings: every problem in one message, with the remedy, and no secret in it."""

import pytest

from gateway.config import from_env, open_without_keys
from shared.errors import ConfigError

GOOD_KEY = "0123456789abcdef0123"


def problems_of(**environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        from_env(environ)
    return str(caught.value)


def test_nothing_set_serves_this_machine_on_port_8000():
    settings = from_env({})
    assert (settings.bind_host, settings.gateway_port, settings.tenant_keys) == ("127.0.0.1", 8000, ())


def test_honchos_port_is_not_ours():
    assert from_env({"PORT": "5000", "GATEWAY_PORT": "8123"}).gateway_port == 8123


def test_open_address_without_keys_is_told_the_remedies():
    told = str(open_without_keys(from_env({"BIND_HOST": "0.0.0.0"})))
    for remedy in ("CHIMEIN_API_KEYS is empty: set a key", "chimein keys create", "127.0.0.1"):
        assert remedy in told


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.5", "::1", "localhost"])
def test_loopback_needs_no_key(host):
    assert from_env({"BIND_HOST": host}).bind_host == host


def test_open_address_with_keys_is_fine():
    settings = from_env({"BIND_HOST": "0.0.0.0", "CHIMEIN_API_KEYS": f" {GOOD_KEY} ,, {GOOD_KEY}x"})
    assert settings.tenant_keys == (("default", GOOD_KEY), ("default", f"{GOOD_KEY}x"))


def test_a_key_may_be_of_a_tenant():
    keys = f"acme:{GOOD_KEY},{GOOD_KEY},Not-A-Tenant:{GOOD_KEY}"
    found = from_env({"CHIMEIN_API_KEYS": keys}).tenant_keys
    assert found == (("acme", GOOD_KEY), ("default", GOOD_KEY), ("default", f"Not-A-Tenant:{GOOD_KEY}"))


def test_the_tenant_before_a_short_key_does_not_make_it_longer():
    assert "fewer than 16" in problems_of(CHIMEIN_API_KEYS="a-very-long-name-of-a-tenant:canary")


def test_two_session_secrets_are_there_while_one_is_rotated_and_a_short_one_is_refused_without_showing_it():
    assert from_env({"SESSION_SECRET": f"{'n' * 32}, {'o' * 32}"}).session_secrets == ("n" * 32, "o" * 32)
    text = problems_of(SESSION_SECRET=f"{'n' * 32},canary")
    assert "SESSION_SECRET is shorter" in text
    assert "canary" not in text


def test_short_key_is_refused_without_showing_it():
    text = problems_of(CHIMEIN_API_KEYS="canary")
    assert "fewer than 16" in text
    assert "canary" not in text


@pytest.mark.parametrize("origin", ["*", "app.example", "https://app.example/", "https://app.example/x", "ftp://a"])
def test_origin_must_be_exact(origin):
    assert "CORS_ORIGINS" in problems_of(CORS_ORIGINS=origin)


def test_origins_are_a_list():
    assert from_env({"CORS_ORIGINS": "https://a.example, http://b:80"}).cors_origins == (
        "https://a.example",
        "http://b:80",
    )


def test_two_webhook_secrets_are_decoded_while_one_is_rotated():
    secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="
    for between in (",", " ", ", "):
        assert (
            from_env({"RECALL_WEBHOOK_SECRET": between.join([secret, secret])}).webhook_secrets
            == (b"0123456789abcdef",) * 2
        )


@pytest.mark.parametrize("secret", ["whsec_canary!", "whsec_YQ=="])
def test_webhook_secret_that_cannot_be_one_is_refused_without_showing_it(secret):
    text = problems_of(RECALL_WEBHOOK_SECRET=secret)
    assert "RECALL_WEBHOOK_SECRET" in text
    assert secret not in text


def test_every_problem_is_told_at_once():
    text = problems_of(CHIMEIN_API_KEYS="short", CORS_ORIGINS="*", RECALL_WEBHOOK_SECRET="!")
    assert all(name in text for name in ("CHIMEIN_API_KEYS", "CORS_ORIGINS", "RECALL_WEBHOOK_SECRET"))


def test_secrets_never_show_in_the_settings():
    shown = repr(
        from_env(
            {"CHIMEIN_API_KEYS": "canary-canary-canary", "RECALL_WEBHOOK_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="}
        )
    )
    assert "canary" not in shown
    assert "whsec" not in shown

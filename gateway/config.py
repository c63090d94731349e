"""What the gateway is told by the environment."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from shared.api_keys import TENANT_SHAPE
from shared.config import Secret, Settings, ingest_address, load, signing_keys, signing_problems
from shared.errors import ConfigError
from shared.streams import DEFAULT_TENANT

Seconds = Annotated[float, msgspec.Meta(gt=0, le=600)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
SHORTEST_KEY = 16
SHORTEST_SESSION_SECRET = 32


class GatewaySettings(Settings, frozen=True, kw_only=True):
    """The gateway's settings."""

    gateway_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8000
    """0 takes a free one. Not PORT, which honcho sets for every process."""
    chimein_api_keys: Secret = Secret("")
    """Comma-separated bearer keys, each `key` or `tenant:key`, with every scope; `chimein keys` makes others. Without
    any the gateway serves this machine only."""
    session_secret: Secret = Secret("")
    """Signs browser sessions; two, separated by a comma, while it is being rotated. Without it Redis keeps one."""
    session_minutes: Annotated[float, msgspec.Meta(ge=1, le=1440)] = 30.0
    """How long a browser may stay signed in without a call; it is renewed by calls, for 12 hours at the most."""
    rate_reads_per_minute: Count = 1200
    """Per tenant; 0: no limit. Nothing is limited where no key is needed."""
    rate_writes_per_minute: Count = 240
    rate_asks_per_minute: Count = 120
    """Of what may call a language model or speaks: ask, say, brief."""
    tenant_meetings: Count = 0
    """How many meetings of one tenant there may be at once, each with its transcription; 0: no limit."""
    cors_origins: tuple[str, ...] = ()
    """Origins of other web pages that may call, exactly as a browser writes them."""
    recall_webhook_secret: Secret = Secret("")
    """`whsec_…`; two, separated by a comma or a space, while the secret is being rotated."""
    retention_hours: Annotated[float, msgspec.Meta(ge=0)] = 168.0
    """For meetings that do not ask for their own; 0: erased a minute after their end."""
    join_wait_s: Seconds = 30.0
    """How long a call waits for the platform to take the bot, or to let it leave."""
    ask_wait_s: Seconds = 25.0
    """How long a question may take before its caller gets a link instead of the answer."""
    brief_wait_s: Seconds = 60.0
    erase_wait_s: Seconds = 20.0
    send_wait_s: Seconds = 20.0
    """How long a watcher may take to read what it was sent before it is cut off."""
    public_url: str = ""
    """Where the internet reaches this gateway, as `https://chimein.example.org`: webhooks, and the page in the bot."""
    outlet: Literal["auto", "media", "clips"] = "auto"
    """How bots speak that are not told: `media`, a page that needs PUBLIC_URL; `clips`; `auto`: `media` if it can."""
    websocket_domain: str = ""
    """Public host (and port) under which browsers in a room reach ingest, as bots do; this machine when empty."""
    ingest_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8001
    """Where ingest listens, for rooms on this machine."""
    prices_file: str = ""
    """What vendors charge, as in shared/prices.toml, for the estimate of what a meeting cost."""
    quiet_s: Seconds = 15.0
    """How often a stream without events says that it still stands."""
    read_wait_s: Seconds = 10.0
    """How long the body of a request may take to come."""
    header_wait_s: Seconds = 10.0
    """How long the headers of a request may take to come."""

    webhooks_to_private: bool = False
    """Webhooks may go to http:// and to addresses that are not public: only for receivers in one's own network."""
    webhook_disable_hours: Annotated[float, msgspec.Meta(gt=0)] = 72.0
    """An endpoint that takes nothing for so long is called no more."""

    @property
    def tenant_keys(self) -> tuple[tuple[str, str], ...]:
        """Tenant and key."""
        written = (part.strip() for part in self.chimein_api_keys.reveal().split(","))
        return tuple(split_key(part) for part in written if part)

    @property
    def session_secrets(self) -> tuple[str, ...]:
        """The first one signs."""
        return tuple(self.session_secret.reveal().replace(",", " ").split())

    @property
    def ingest_address(self) -> str:
        return ingest_address(self.websocket_domain, self.ingest_port)

    @property
    def webhook_secrets(self) -> tuple[bytes, ...]:
        """Raises binascii.Error for a secret that is not base64."""
        return signing_keys(self.recall_webhook_secret)


def from_env(environ: Mapping[str, str]) -> GatewaySettings:
    """Raises ConfigError."""
    settings = load(GatewaySettings, environ)
    if problems := tuple(problems_of(settings)):
        raise ConfigError(*problems)
    return settings


def split_key(written: str) -> tuple[str, str]:
    """Of `key` or `tenant:key`."""
    tenant, colon, key = written.partition(":")
    return (tenant, key) if colon and TENANT_SHAPE.fullmatch(tenant) else (DEFAULT_TENANT, written)


def problems_of(settings: GatewaySettings) -> Iterator[str]:
    if any(len(key) < SHORTEST_KEY for _, key in settings.tenant_keys):
        yield "CHIMEIN_API_KEYS holds a key of fewer than 16 characters: `openssl rand -hex 24` makes a good one"
    if any(len(secret) < SHORTEST_SESSION_SECRET for secret in settings.session_secrets):
        yield "SESSION_SECRET is shorter than 32 characters: `openssl rand -hex 32` makes a good one"
    for origin in settings.cors_origins:
        if not is_origin(origin):
            yield f"CORS_ORIGINS has {origin!r}: write each as scheme://host[:port], without path and without *"
    yield from signing_problems(settings.recall_webhook_secret)
    if settings.public_url and not is_origin(settings.public_url.rstrip("/")):
        yield f"PUBLIC_URL={settings.public_url!r}: write it as https://host, without a path"
    if settings.outlet == "media" and not settings.public_url:
        yield "OUTLET=media needs PUBLIC_URL, where the bot finds the page that it speaks through"


def open_without_keys(settings: GatewaySettings) -> ConfigError:
    """To be raised where other machines could call and there is no key, neither configured nor made."""
    return ConfigError(
        f"BIND_HOST={settings.bind_host!r} is open to other machines, but CHIMEIN_API_KEYS is empty: set a key"
        " (`openssl rand -hex 24` makes one), make one with `chimein keys create`, or bind to 127.0.0.1"
    )


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def is_origin(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and f"{parts.scheme}://{parts.netloc}" == text

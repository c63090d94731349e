"""Settings from the environment into one frozen struct per process; every problem is named at once.

A field's environment name is its own in capitals. A field's docstring in its struct and the line in `.env.example`
say what it means.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar

import msgspec

from shared.errors import ConfigError


class Secret(str):
    """Text that never shows itself: `reveal` gives it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "***" if self.reveal() else "''"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def reveal(self) -> str:
        return str.__str__(self)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What every process is told."""

    redis_url: Secret = Secret("")
    """`redis://[user:password@]host:port/db`, `rediss://` for TLS. Before REDIS_HOST."""
    redis_host: str = ""
    redis_port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 6379
    log_level: str = "info"
    log_format: str = "auto"
    """`json`, `console`, or `auto`: console on a terminal."""
    otel_exporter_otlp_endpoint: str = ""
    """Of an OpenTelemetry collector that takes traces over HTTP, as `http://127.0.0.1:4318`; needs the extra `otel`."""
    bind_host: str = "127.0.0.1"
    """Where this process listens."""
    max_meetings: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Meetings that this process works for at most; 0: as many as it can serve in time. More are refused."""
    stuck_s: Annotated[float, msgspec.Meta(ge=0)] = 10.0
    """A process whose event loop has not turned for so long ends with exit code 70, to be started again; 0: never."""
    audit_days: Annotated[float, msgspec.Meta(gt=0)] = 365.0
    """How long it is kept who joined, asked, read and erased what."""

    @property
    def bus_url(self) -> str:
        return self.redis_url.reveal() or f"redis://{self.redis_host or '127.0.0.1'}:{self.redis_port}/0"

    def problems(self) -> Iterator[str]:
        """What is wrong beyond each field's type: one sentence each, naming the setting and the remedy."""
        yield from ()


REHEARSAL_URL = "http://127.0.0.1:8009"
"""Where `chimein rehearse` stands in for Recall beside a running system that has no key."""
REHEARSAL_KEY = Secret("rehearsal")
RECALL_REGIONS = ("us-east-1", "us-west-2", "eu-central-1", "ap-northeast-1")
"""Accounts of their own each: a key of one is unknown in the others."""


class RecallSettings(Settings, frozen=True, kw_only=True):
    """For the processes that talk to Recall."""

    recall_api_key: Secret = Secret("")
    recall_region: str = "us-west-2"
    """The region where the key was made."""
    recall_base_url: str = ""
    """Instead of the region's address."""

    @property
    def recall_key(self) -> Secret:
        return self.recall_api_key or REHEARSAL_KEY

    @property
    def recall_url(self) -> str:
        """Without a key, the rehearsal's stand-in."""
        if self.recall_base_url or not self.recall_api_key:
            return self.recall_base_url or REHEARSAL_URL
        return f"https://{self.recall_region}.recall.ai"

    def problems(self) -> Iterator[str]:
        if not self.recall_base_url and self.recall_region not in RECALL_REGIONS:
            yield (
                f"RECALL_REGION={self.recall_region!r} is no region of Recall: set the one in which the key was made, "
                f"of {', '.join(RECALL_REGIONS)}"
            )


def ingest_address(websocket_domain: str, ingest_port: int) -> str:
    """Where the outside reaches ingest, as `wss://ears.example.org`; this machine where no domain is set."""
    domain = websocket_domain or f"127.0.0.1:{ingest_port}"
    scheme = "ws" if domain.partition(":")[0] in {"127.0.0.1", "localhost"} else "wss"
    return f"{scheme}://{domain}"


def signing_keys(secret: Secret) -> tuple[bytes, ...]:
    """Of `whsec_…`, or two of them while the secret is being rotated. Raises binascii.Error for what is not base64."""
    words = secret.reveal().replace(",", " ").split()
    return tuple(base64.b64decode(word.removeprefix("whsec_"), validate=True) for word in words)


def signing_problems(secret: Secret) -> Iterator[str]:
    """Of what RECALL_WEBHOOK_SECRET holds."""
    try:
        keys = signing_keys(secret)
    except binascii.Error:
        yield "RECALL_WEBHOOK_SECRET is not `whsec_` and base64: copy it again from Recall's dashboard"
        return
    if any(len(key) < 16 for key in keys):
        yield "RECALL_WEBHOOK_SECRET is too short: copy the whole of it from Recall's dashboard"


SettingsT = TypeVar("SettingsT", bound=Settings)


def load(kind: type[SettingsT], environ: Mapping[str, str]) -> SettingsT:
    """Raises ConfigError that names every setting that is wrong. Empty values count as unset."""
    values: dict[str, Any] = {}
    problems = []
    for field in msgspec.structs.fields(kind):
        name = field.name.upper()
        if not (text := environ.get(name, "").strip()):
            continue
        try:
            values[field.name] = convert(text, field.type)
        except msgspec.ValidationError as error:
            shown = "***" if field.type is Secret else repr(text)
            problems.append(f"{name}={shown}: {error}")
    if problems:
        raise ConfigError(*problems)
    settings = kind(**values)
    if problems := list(settings.problems()):
        raise ConfigError(*problems)
    return settings


def convert(text: str, kind: object) -> object:
    """Raises msgspec.ValidationError."""
    if kind is Secret:
        return Secret(text)
    if kind is bool and text.lower() in {"yes", "on", "no", "off"}:
        return text.lower() in {"yes", "on"}
    if getattr(kind, "__origin__", None) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return msgspec.convert(text, kind, strict=False)

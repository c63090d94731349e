"""A request for a bot: the parts that change what the bot does, and what Recall makes of its meeting URL."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import msgspec

from rehearsal.recall.frames import MIXED, SEPARATE
from shared.meeting_urls import parse_meeting_url

OUTPUTS = ("automatic_audio_output", "automatic_video_output")
TEAMS_FIELDS = ("meeting_id", "meeting_password", "organizer_id", "tenant_id", "message_id", "thread_id")


class EndpointOrder(msgspec.Struct, frozen=True):
    """Where real-time events go."""

    type: str
    url: str
    events: list[str]


class IncludeBot(msgspec.Struct, frozen=True):
    """Whether the bot's own sound is recorded with the others'."""

    audio: bool = False


class RecordingConfig(msgspec.Struct, frozen=True):
    """What is recorded. What is null is not."""

    realtime_endpoints: list[EndpointOrder] = []
    audio_mixed_raw: dict[str, object] | None = None
    audio_separate_raw: dict[str, object] | None = None
    participant_events: dict[str, object] | None = {}
    start_recording_on: str = "participant_join"
    include_bot_in_recording: IncludeBot | None = None

    @property
    def artifacts(self) -> list[str]:
        named = {
            "audio_mixed": self.audio_mixed_raw,
            "audio_separate": self.audio_separate_raw,
            "participant_events": self.participant_events,
        }
        return [name for name, setting in named.items() if setting is not None]

    def allows(self, event: str) -> bool:
        """An endpoint gets only what is recorded."""
        artifact = {MIXED: "audio_mixed", SEPARATE: "audio_separate"}.get(event, event.partition(".")[0])
        return artifact in self.artifacts

    @property
    def includes_bot(self) -> bool:
        return self.include_bot_in_recording is not None and self.include_bot_in_recording.audio


class EveryoneLeft(msgspec.Struct, frozen=True):
    """Older workspaces give a bare number."""

    timeout: float = 2
    activate_after: float | None = None


class AutomaticLeave(msgspec.Struct, frozen=True):
    """Seconds after which the bot goes by itself; Recall's defaults."""

    waiting_room_timeout: float = 1200
    noone_joined_timeout: float = 1200
    everyone_left_timeout: EveryoneLeft | float = EveryoneLeft()
    in_call_not_recording_timeout: float = 3600
    in_call_recording_timeout: float | None = None
    recording_permission_denied_timeout: float = 30

    @property
    def everyone_left_s(self) -> float:
        given = self.everyone_left_timeout
        return given.timeout if isinstance(given, EveryoneLeft) else given

    def patience_s(self, code: str) -> float | None:
        """How long the bot stays in a state; None: for ever."""
        return {
            "in_waiting_room": self.waiting_room_timeout,
            "in_call_not_recording": self.in_call_not_recording_timeout,
            "in_call_recording": self.in_call_recording_timeout,
            "recording_permission_denied": self.recording_permission_denied_timeout,
        }.get(code)


class Order(msgspec.Struct, frozen=True):
    """The parts of a request for a bot that change what the bot does."""

    meeting_url: str
    join_at: datetime | None = None
    metadata: dict[str, str] | None = None
    recording_config: RecordingConfig | None = None
    automatic_leave: AutomaticLeave | None = None

    @property
    def seconds_to_join(self) -> float:
        return (self.join_at.astimezone(UTC) - datetime.now(UTC)).total_seconds() if self.join_at else 0.0

    @property
    def platform(self) -> str:
        return parse_meeting_url(self.meeting_url).platform


class Request:
    """What was asked for; it can be changed until the bot is dispatched."""

    def __init__(self, body: dict[str, object]) -> None:
        self.change(body)

    def change(self, body: dict[str, object]) -> None:
        self.body, self.order = body, msgspec.convert(body, Order)

    @property
    def output_media(self) -> dict[str, object]:
        given = self.body.get("output_media")
        return dict(given) if isinstance(given, dict) else {}

    @property
    def has_automatic_outputs(self) -> bool:
        return any(self.body.get(output) for output in OUTPUTS)


def described_url(url: str) -> dict[str, object]:
    """The object that Recall makes of a meeting URL."""
    link = parse_meeting_url(url)
    query = {name: values[0] for name, values in parse_qs(urlsplit(link.url).query).items()}
    named = link.key.partition(":")[2]
    if link.platform == "zoom":
        return {"meeting_id": named, "meeting_password": query.get("pwd"), "platform": link.platform}
    if link.platform == "webex":
        site, _, meeting = named.partition(":")
        return {"meeting_subdomain": site, "meeting_mtid": meeting, "meeting_path": urlsplit(link.url).path}
    if link.platform.startswith("microsoft_teams"):
        short = {"business_meeting_id": named, "business_meeting_password": query.get("p")}
        return {**dict.fromkeys(TEAMS_FIELDS), **short, "platform": link.platform}
    return {"meeting_id": named, "platform": link.platform}

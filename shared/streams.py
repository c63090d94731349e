"""Names of every key and stream, and nothing else. Every key carries its shard as hash tag."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

SHARDS = 64
"""A constant of the deployment: meeting ids carry the shard. A power of two."""

CHUNK_MS = 100
SAMPLE_RATE_HZ = 16_000
CHUNK_BYTES = CHUNK_MS * SAMPLE_RATE_HZ * 2 // 1000
MIXED = "mixed"
"""The track of audio that holds everybody."""

AUDIO_CAP_MS = 600_000
"""Audio kept for a transcriber that is away; then the oldest goes, and the transcript says so."""
SETTLED_KEPT_MS = 60_000
"""Longer than a sender remembers what it sent."""
PCM = b"pcm"
"""The one field of an audio entry: S16LE, 16 kHz, mono, CHUNK_MS long."""

INGEST, TRANSCRIBER, BRAIN, SPEAKER, GATEWAY = "ingest", "transcriber", "brain", "speaker", "gateway"
CLERK = "clerk"
"""Inside the gateways: keeps the search index of its meetings, and tells webhooks of them."""


DEFAULT_TENANT = "default"
"""Whose everything is where nobody tells tenants apart."""


def spending_key(month: str, tenant: str) -> str:
    """Hash of what each meeting of a tenant in a month, as `2026-11`, has cost in USD."""
    return f"spending:{month}:{tenant}"


@dataclass(frozen=True)
class ShardKeys:
    """The keys of one shard."""

    shard: int

    @property
    def tag(self) -> str:
        return f"{{s{self.shard:04d}}}"

    @property
    def meetings(self) -> str:
        """Sorted set of all meetings kept, by creation in Unix ms."""
        return f"{self.tag}:meetings"

    def listing(self, tenant: str) -> str:
        """Sorted set of a tenant's meetings, by creation in Unix ms. Who lists them drops those that are gone."""
        return f"{self.tag}:meetings:{tenant}"

    @property
    def active(self) -> str:
        """Set of the meetings whose transcript is not complete."""
        return f"{self.tag}:active"

    @property
    def roster(self) -> str:
        """Stream that says that `active`, or the tracks of a meeting, changed."""
        return f"{self.tag}:roster"

    @property
    def due(self) -> str:
        """Sorted set of the meetings kept, by when they are to be erased in Unix ms."""
        return f"{self.tag}:due"

    @property
    def erased(self) -> str:
        """Sorted set of meetings erased lately, by Unix ms: what remembers them must not make them anew. Ids only."""
        return f"{self.tag}:erased"

    @property
    def vendor_erasures(self) -> str:
        """Sorted set of what a vendor was not seen to have erased yet, by the Unix ms of the next try; ids only."""
        return f"{self.tag}:vendor-erasures"

    @property
    def dead(self) -> str:
        """Stream of entries given up on, with reason, source and count."""
        return f"{self.tag}:dead"

    def commands(self, role: str) -> str:
        """Stream of commands, read by the consumer group of the role."""
        return f"{self.tag}:commands:{role}"

    def settled(self, role: str) -> str:
        """Sorted set of the entry ids of commands that were settled in the last minute, by Unix ms."""
        return f"{self.tag}:settled:{role}"

    def own(self, role: str) -> str:
        """Hash: epoch and owner, and how many writes were refused because their epoch was over (`fenced`)."""
        return f"{self.tag}:own:{role}"

    def lease(self, role: str) -> str:
        """String `worker:epoch` that expires unless it is renewed."""
        return f"{self.tag}:lease:{role}"


@dataclass(frozen=True)
class MeetingKeys:
    """The keys of one meeting."""

    meeting_id: str

    @property
    def shard(self) -> ShardKeys:
        return ShardKeys(shard_of(self.meeting_id))

    @property
    def prefix(self) -> str:
        return f"{self.shard.tag}:m:{self.meeting_id}"

    @property
    def timeline(self) -> str:
        return f"{self.prefix}:timeline"

    @property
    def live(self) -> str:
        """Stream of interim captions: a handful of entries, expires 10 s after the last."""
        return f"{self.prefix}:live"

    @property
    def speech(self) -> str:
        """Stream of sound for the page in the bot; short, and gone soon."""
        return f"{self.prefix}:speech"

    @property
    def played(self) -> str:
        """Stream of what that page has played; short, and gone soon."""
        return f"{self.prefix}:played"

    @property
    def words(self) -> str:
        """Sorted set, by name: every word that was said, with the id of its line. Can be made anew of the timeline."""
        return f"{self.prefix}:words"

    @property
    def said(self) -> str:
        """Hash from a line's id to its place in the timeline and its speaker. Can be made anew of the timeline."""
        return f"{self.prefix}:said"

    @property
    def deliveries(self) -> str:
        """Hash from id to what became of a webhook."""
        return f"{self.prefix}:deliveries"

    @property
    def state(self) -> str:
        """Hash; its fields are named below."""
        return f"{self.prefix}:state"

    def audio(self, track: str) -> str:
        return f"{self.prefix}:audio:{track}"

    def all(self, tracks: Iterable[str]) -> list[str]:
        """Every key that holds something of the meeting: what is not named here is not erased."""
        own = [self.timeline, self.state, self.live, self.speech, self.played, self.words, self.said, self.deliveries]
        return own + [self.audio(track) for track in tracks]


# Fields of the state hash.
STATUS = "status"
SUB_CODE = "sub_code"
EXPLANATION = "explanation"
TENANT = "tenant"
PLATFORM = "platform"
MEETING_URL = "meeting_url"
BOT_ID = "bot_id"
SETTINGS = "settings"
SOCKET_TOKEN = "socket_token"  # noqa: S105  # a field's name
CREATED_AT = "created_at"
STATUS_AT = "status_at"
COMMITTED = "committed:"
"""Followed by the track: every ms before it has its words, or is known to have none."""
RECEIVED = "received:"
"""Followed by the track: end of the last chunk that ingest appended."""
DROPPED = "dropped:"
"""Followed by the track: audio before this source ms that nobody had transcribed yet went, to keep within the cap."""
SENT = "sent:"
"""Followed by the track: ms of audio that were handed to the speech engine, each counted once."""
RETURNED = "returned:"
"""Followed by the track: ms of audio that the speech engine told of, each counted once."""
ORIGIN = "origin"
"""Unix ms of source time 0."""
REPORTED_AT = "reported_at"
"""Unix ms of the newest status that the platform reported; older reports change nothing."""
WEBHOOK_AT = "webhook_at"
"""Unix ms of the last status webhook: they are set up."""
OFF_RECORD = "off_record"
"""`1` while nothing may be heard or kept."""
OFF_FROM = "off_from:"
"""Followed by the track: ms from which it is off the record, until the gap is told."""
RECORDED_AT = "recorded_at"
"""Unix ms at which it last was off the record, or came back."""
HEARD_AT = "heard_at"
"""Unix ms at which audio last came."""
CHECKED_AT = "checked_at"
"""Unix ms at which an ingest last asked the platform how the bot is."""
LINKED_AT = "linked_at"
"""Unix ms at which a real-time socket was last known to be open."""
ROOM_OPENED, ROOM_LEFT = "room_opened:", "room_left:"
"""Followed by the attempt: Unix ms at which a room was opened, and closed."""
BRIEF = "brief"
"""The last briefing of the whole meeting, JSON."""
ATTENDED = "attended"
"""The last timeline ID up to which the brain has considered what was said."""
ENGINE = "engine"
"""Name of the speech engine that hears it."""
MODEL = "model"
"""Name of the language model that answers in it."""
VOICE = "voice"
"""Name of the voice that speaks in it."""

INDEXED = "indexed"
"""Form of the search index, a colon, and the last timeline ID that is in it."""
TOLD = "told"
"""The last timeline ID of which webhooks were told, or will be."""
SETTLED = "settled"
"""Form of the search index that is complete, all webhooks delivered or given up; nobody works on this meeting."""

WORKERS = "{workers}:"
"""Followed by the role: hash from worker name to its heartbeat, JSON."""
OFFERS = "{workers}:offers:"
"""Followed by the role: hash from shard to who is to have it next, JSON."""

IDEMPOTENCY = "{{idem-{digest}}}:"
"""To be formatted; followed by `claim`, a hash, or `busy`, a lease. What a POST with an Idempotency-Key did."""
WEBHOOK_SEEN = "{{webhook-{digest}}}:seen"
"""To be formatted. Unix seconds at which the newest delivery of this webhook was signed."""
AUDIT = "{{audit-{digest}}}:log"
"""To be formatted. Stream of who did what, by tenant."""
WEBHOOKS = "{{hooks-{digest}}}:"
"""To be formatted, by tenant; followed by `endpoints`, a hash; `health`, a hash; `deliveries`, a sorted set by time."""
PLACE = "{{place-{digest}}}:meeting"
"""To be formatted. Id of the meeting for which the bot is in a call, by tenant and call."""

API_KEYS = "{keys}:records"
"""Hash: by the id of a key its record, JSON; by `ends:` and the id, Unix ms at which it ends; by `used:` and the id,
Unix ms at which it was last seen."""
SESSION_SECRET = "{keys}:session-secret"  # noqa: S105  # a key's name
"""What browser sessions are signed with where SESSION_SECRET is not set."""
SESSION_ENDED = "{{session-{session_id}}}:ended"
"""To be formatted. Exists from the end of a browser session until its tokens would have expired."""
RATES = "rates"
"""Prefix of one list of times per tenant and kind of request."""
TENANT_TAG = "{{tenant-{tenant}}}"
"""To be formatted. In the name of every key of a tenant that belongs to no meeting."""
TENANT_ACTIVE = TENANT_TAG + ":active"
"""To be formatted. Sorted set of the meetings that count towards the tenant's cap, by the Unix ms of their joining."""


def new_meeting_id(shard: int) -> str:
    """`m-` + shard + `-` + 80 random bits: unguessable, and placed for good."""
    return f"m-{shard:02x}-{secrets.token_hex(10)}"


def shard_of(meeting_id: str) -> int:
    """Raises ValueError for what is not a meeting id of this deployment."""
    kind, shard, unique = meeting_id.split("-")
    number = int(shard, 16)
    if kind != "m" or number >= SHARDS or len(unique) != 20 or not unique.isalnum() or not unique.isascii():
        raise ValueError(meeting_id)
    return number


def tag_of(key: str) -> str:
    """The hash tag of a key: keys with the same one are on the same server."""
    return key[: key.find("}") + 1]


def audio_id(source_ms: int) -> str:
    """Entry ID of the chunk that begins at this source time. The sequence is 1 because Redis has no ID 0-0."""
    return f"{source_ms}-1"


def before_audio(source_ms: int) -> str:
    """The entry ID just below that of the chunk that begins at this source time."""
    return f"{source_ms}-0"


def source_ms_of(entry_id: bytes) -> int:
    return int(entry_id.partition(b"-")[0])

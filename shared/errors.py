"""Every error chimein raises on purpose.

ChimeinError
├── ConfigError           settings are missing or wrong; nothing was started
├── BusError              Redis is absent, too old, evicting or full
├── FencedError           this worker no longer owns the meeting it wrote for
├── MeetingGoneError      the meeting was erased, or never existed
├── ForgottenError        Redis came back without its last writes
├── StuckError            a piece of work does not go on; it is begun anew
├── DecodeError           a stream entry cannot be read
├── ApiKeyError           a key cannot be made, found or changed
└── StageError            a stage of the pipeline failed at its vendor or engine
    ├── MeetingError          the meeting platform
    ├── TranscriptionError    the speech engine
    ├── AnswerError           the language model
    └── SpeechError           the voice or the outlet
"""

from enum import StrEnum


class Category(StrEnum):
    """Why a stage failed; set by the adapter, asked by the loop."""

    AUTHENTICATION = "authentication"
    BUDGET = "budget"
    CONNECTIVITY = "connectivity"
    INTERNAL = "internal"
    INVALID = "invalid"
    MISSING_ENGINE = "missing_engine"
    NOT_FOUND = "not_found"
    RATE_LIMIT = "rate_limit"
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"


PASSING = frozenset({Category.CONNECTIVITY, Category.RATE_LIMIT, Category.TIMEOUT, Category.UNAVAILABLE})


class ChimeinError(Exception):
    """Root of the tree above."""


class ConfigError(ChimeinError):
    """Settings are missing or wrong. `problems` holds one sentence each, naming the setting and the remedy."""

    def __init__(self, *problems: str) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(("configuration is not usable:", *(f"  - {problem}" for problem in self.problems)))


class BusError(ChimeinError):
    """Redis cannot be used as it is; the text names the remedy."""


class FencedError(ChimeinError):
    """A write was refused because another worker owns the shard by now."""

    def __init__(self, role: str, shard: int, epoch: int) -> None:
        super().__init__(role, shard, epoch)
        self.role, self.shard, self.epoch = role, shard, epoch

    def __str__(self) -> str:
        return f"{self.role} no longer owns shard {self.shard} with epoch {self.epoch}"


class MeetingGoneError(ChimeinError):
    """The meeting has been erased, or never existed."""

    def __init__(self, meeting_id: str) -> None:
        super().__init__(meeting_id)
        self.meeting_id = meeting_id

    def __str__(self) -> str:
        return f"there is no meeting {self.meeting_id}"


class ForgottenError(ChimeinError):
    """Redis came back without commits that it had acknowledged: go on from what it knows."""

    def __init__(self, meeting_id: str) -> None:
        super().__init__(meeting_id)
        self.meeting_id = meeting_id

    def __str__(self) -> str:
        return f"Redis has forgotten the last commits of {self.meeting_id}"


class StuckError(ChimeinError):
    """Work that should have said that it goes on has not."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"{self.name} does not go on"


class DecodeError(ChimeinError):
    """A stream entry cannot be read: `reason` is `unknown type` or the decoder's path and complaint."""

    def __init__(self, event_type: str, reason: str) -> None:
        super().__init__(event_type, reason)
        self.event_type, self.reason = event_type, reason

    def __str__(self) -> str:
        return f"entry of type {self.event_type!r}: {self.reason}"


class ApiKeyError(ChimeinError):
    """A key cannot be made, found or changed; the text is for people."""


class StageError(ChimeinError):
    """A stage failed; `category` says why, `reason` is a sentence a person can act on."""

    def __init__(
        self, reason: str, *, category: Category = Category.INTERNAL, retry_after_s: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reason, self.category, self.retry_after_s = reason, category, retry_after_s

    def __str__(self) -> str:
        return self.reason

    @property
    def is_permanent(self) -> bool:
        """Trying again unchanged cannot help."""
        return self.category not in PASSING


class MeetingError(StageError):
    """The meeting platform refused or failed."""


class TranscriptionError(StageError):
    """The speech engine refused or failed."""


class AnswerError(StageError):
    """The language model refused or failed."""


class SpeechError(StageError):
    """The voice or the outlet refused or failed."""


def root_of(error: BaseException) -> BaseException:
    """The first real error inside a group, as task groups raise them."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error

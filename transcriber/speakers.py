"""Who spoke when, as the meeting platform noticed it."""

from dataclasses import dataclass

from shared.events import Event, ParticipantJoined, SpeakingStarted, SpeakingStopped

LAG_MS = 300
"""Platforms notice late: a turn that ends this soon after an utterance began was over before it."""
KEEP_MS = 15 * 60_000
"""Longer than audio waits to be heard."""
NOBODY = ("", "Speaker 1")
ABOUT_EQUAL = 0.8


@dataclass
class Turn:
    """One stretch in which somebody spoke; open while it has no end."""

    participant_id: str
    start_ms: int
    end_ms: float = float("inf")

    def overlap_ms(self, start_ms: int, end_ms: int) -> float:
        return min(self.end_ms, end_ms) - max(self.start_ms, start_ms)


class SpeakerBook:
    """Names for stretches of one meeting. Fed with the meeting's facts; those that it does not need are ignored."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._turns: list[Turn] = []

    def note(self, fact: Event) -> None:
        match fact:
            case ParticipantJoined(participant_id=participant_id, name=name):
                self._names[participant_id] = name
            case SpeakingStarted(participant_id=participant_id, name=name, source_ms=at_ms):
                self._names[participant_id] = name
                self._start(participant_id, at_ms)
            case SpeakingStopped(participant_id=participant_id, name=name, source_ms=at_ms):
                self._names[participant_id] = name
                self._stop(participant_id, at_ms)

    def name_of(self, participant_id: str) -> str:
        """Empty for somebody unknown."""
        return self._names.get(participant_id, "")

    def who(self, start_ms: int, end_ms: int) -> tuple[str, str]:
        """The id and the name of who spoke in this stretch."""
        turn = self._likeliest(start_ms, end_ms)
        return (turn.participant_id, self._names[turn.participant_id]) if turn else NOBODY

    def _likeliest(self, start_ms: int, end_ms: int) -> Turn | None:
        """The most overlap wins; about equal, who began last, because a missed stop leaves a turn open for ever."""
        heard = [turn for turn in self._turns if turn.overlap_ms(start_ms, end_ms) > 0]
        going_on = [turn for turn in heard if turn.end_ms > start_ms + LAG_MS]
        if candidates := going_on or heard:
            best_ms = max(turn.overlap_ms(start_ms, end_ms) for turn in candidates)
            equal = (turn for turn in candidates if turn.overlap_ms(start_ms, end_ms) >= ABOUT_EQUAL * best_ms)
            return max(equal, key=lambda turn: turn.start_ms)
        near = [turn for turn in self._turns if turn.overlap_ms(start_ms, end_ms) >= -LAG_MS]
        return max(near, key=lambda turn: turn.overlap_ms(start_ms, end_ms), default=None)

    def _start(self, participant_id: str, at_ms: int) -> None:
        if self._open_turn(participant_id):
            return
        self._turns = [turn for turn in self._turns if turn.end_ms >= at_ms - KEEP_MS]
        self._turns.append(Turn(participant_id, at_ms))

    def _stop(self, participant_id: str, at_ms: int) -> None:
        if turn := self._open_turn(participant_id):
            turn.end_ms = max(at_ms, turn.start_ms)

    def _open_turn(self, participant_id: str) -> Turn | None:
        return next((t for t in self._turns if t.participant_id == participant_id and t.end_ms == float("inf")), None)

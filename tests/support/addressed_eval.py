"""How well the assistant knows that it is spoken to: rooms with labelled lines, and hours of ordinary talk."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from ordinary_talk import PEOPLE, ordinary_talk

from brain.addressed.addressing import Addressing, Amend, Ask, Decision, WaitForMore
from shared.events import Line

ROOMS = Path(__file__).parent.parent / "brain" / "addressed"
ORDINARY_HOURS = 3.0


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of a room, or a chat message, with what should come of it."""

    speaker: str
    start_ms: int
    end_ms: int
    text: str
    kind: str = ""
    """What makes it a case; empty for talk around."""
    asks: str = ""
    """The question for the assistant, complete with this line."""
    amends: str = ""
    """The question just asked, with what this line adds."""
    chat: str = ""
    """To whom it is written; empty for what is said."""


class Room(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    room: str
    assistant: str
    people: list[str]
    lines: list[Said]
    held_out: bool = False
    """Written when the rules were done, and not used to improve them."""


@dataclass
class Figures:
    """Over some meetings."""

    cases: int = 0
    questions: int = 0
    missed: list[str] = field(default_factory=list)
    """Room, line and what came instead; a question with the wrong words is missed too."""
    false_answers: list[str] = field(default_factory=list)
    meeting_ms: int = 0

    @property
    def missed_percent(self) -> float:
        return 100 * len(self.missed) / self.questions if self.questions else 0.0

    @property
    def false_per_hour(self) -> float:
        return len(self.false_answers) * 3_600_000 / self.meeting_ms if self.meeting_ms else 0.0

    def __str__(self) -> str:
        return (
            f"{self.cases} cases, {self.questions} questions, {self.missed_percent:.1f} % missed, "
            f"{len(self.false_answers)} false answers in {self.meeting_ms / 3_600_000:.1f} h, "
            f"{self.false_per_hour:.2f} an hour"
        )


def evaluate(rooms: Iterable[Room] | None = None, ordinary_hours: float = ORDINARY_HOURS) -> Figures:
    """All labelled rooms, unless told which, and so much ordinary talk."""
    figures = Figures()
    for room in load_rooms() if rooms is None else rooms:
        judge(room, figures)
    if ordinary_hours:
        judge(ordinary_room(ordinary_hours), figures)
    return figures


def load_rooms() -> list[Room]:
    return [msgspec.json.decode(path.read_bytes(), type=Room) for path in sorted(ROOMS.glob("*.json"))]


def ordinary_room(hours: float, seed: int = 4) -> Room:
    lines = [
        Said(speaker=speaker, start_ms=start_ms, end_ms=end_ms, text=text, asks=question_of(text) if is_asked else "")
        for speaker, start_ms, end_ms, text, is_asked in ordinary_talk(hours, seed)
    ]
    return Room(room="ordinary talk", assistant="Chime", people=list(PEOPLE), lines=lines)


def question_of(text: str) -> str:
    """Of a generated question: all but the name."""
    return re.sub(r"^(?:Hey |Okay )?Chime, |^(?:Hey|Okay) Chime,? |, Chime(?=\?)", "", text)


def judge(room: Room, figures: Figures) -> None:
    for said, came in zip(room.lines, decisions(room), strict=True):
        figures.cases += bool(said.kind)
        figures.questions += bool(said.asks)
        wanted = Ask(said.asks) if said.asks else Amend(said.amends) if said.amends else None
        if wanted and plain(wanted.question) != (plain(came.question) if type(came) is type(wanted) else ""):
            figures.missed.append(f"{room.room}: {said.speaker}: {said.text} -> {came}")
        if isinstance(came, Ask | Amend) and type(came) is not type(wanted):
            figures.false_answers.append(f"{room.room}: {said.speaker}: {said.text} -> {came}")
    figures.meeting_ms += room.lines[-1].end_ms


def decisions(room: Room) -> Iterator[Decision]:
    """One for each line; what a pause makes of half a question counts for the line before the pause."""
    addressing = Addressing(room.assistant, room.people)
    for n, said in enumerate(room.lines):
        decision = decide(addressing, said, n)
        if isinstance(decision, WaitForMore) and is_left_alone(room.lines[n + 1 :], said.speaker, decision.until_ms):
            decision = addressing.lapsed(said.speaker)
        yield decision


def decide(addressing: Addressing, said: Said, number: int) -> Decision:
    if said.chat:
        return addressing.chat(said.speaker, said.text, said.chat)
    line = Line(
        id=f"l{number}", track="mixed", speaker=said.speaker, start_ms=said.start_ms, end_ms=said.end_ms, text=said.text
    )
    return addressing.consider(line)


def is_left_alone(lines: Iterable[Said], speaker: str, until_ms: int) -> bool:
    """Nothing more comes from the speaker in time."""
    return not any(said.speaker == speaker and not said.chat and said.start_ms <= until_ms for said in lines)


def plain(question: str) -> str:
    return " ".join(re.findall(r"[\w']+", question.lower()))

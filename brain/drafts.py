"""A model's draft of a briefing: its strict schema, and what of it stands after it was checked against the lines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec

from brain.citations import Citations, cites_of
from brain.rules.calendar_dates import date_of
from brain.rules.tasks import People
from shared.events import ActionItem, Brief, Line, Point

LONGEST_TEXT = 600
LONGEST_SUMMARY = 2000
MOST_ENTRIES = 40
A_YEAR = timedelta(days=366)


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    """No defaults below: a strict schema requires every field."""


class PointDraft(Strict):
    text: str
    lines: list[int]


class ActionDraft(Strict):
    task: str
    owner: str | None
    due: str | None
    due_on: str | None
    lines: list[int]


class BriefDraft(Strict):
    title: str
    summary: str
    key_points: list[PointDraft]
    decisions: list[PointDraft]
    action_items: list[ActionDraft]
    open_questions: list[PointDraft]


def strict_schema(kind: type) -> dict[str, object]:
    """Strict servers want the object itself at the root, not a reference to it."""
    (root,), definitions = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    body = definitions.pop(str(root["$ref"]).rsplit("/", 1)[1])
    return {**body, "$defs": definitions} if definitions else body


def read_draft(text: str) -> BriefDraft:
    """Raises msgspec.DecodeError. Some models wrap JSON in prose or a fence."""
    return msgspec.json.decode(text[text.find("{") : text.rfind("}") + 1].encode(), type=BriefDraft)


@dataclass(frozen=True)
class Check:
    """Against real lines and real people."""

    lines: Sequence[Line]
    people: People
    held_on: date | None = None

    def brief(self, draft: BriefDraft, *, made_by: str, since_ms: int) -> Brief:
        return Brief(
            title=clean(draft.title, LONGEST_TEXT),
            summary=clean(draft.summary, LONGEST_SUMMARY),
            key_points=self.points(draft.key_points),
            decisions=self.points(draft.decisions),
            action_items=self.items(draft.action_items),
            open_questions=self.points(draft.open_questions),
            made_by=made_by,
            upto_line_id=self.lines[-1].id if self.lines else "",
            since_ms=since_ms,
        )

    def points(self, drafts: Iterable[PointDraft]) -> list[Point]:
        """Without evidence it is not listed."""
        points = [Point(text=clean(draft.text), cites=cites_of(draft.lines, self.lines)) for draft in drafts]
        return [point for point in points if point.text and point.cites][:MOST_ENTRIES]

    def items(self, drafts: Iterable[ActionDraft]) -> list[ActionItem]:
        items = [self.item(draft) for draft in drafts]
        return [item for item in items if item.task and item.cites][:MOST_ENTRIES]

    def item(self, draft: ActionDraft) -> ActionItem:
        due = clean(draft.due) or None if draft.due else None
        return ActionItem(
            task=clean(draft.task),
            owner=self.people.find(clean(draft.owner)) if draft.owner else None,
            due=due,
            due_on=self.day(due, draft.due_on) if due else None,
            cites=cites_of(draft.lines, self.lines),
        )

    def day(self, due: str, told: str | None) -> str | None:
        """By our own calendar; the model's where ours knows no day, and it is one that can be meant."""
        if day := date_of(due, self.held_on):
            return day.isoformat()
        try:
            day = date.fromisoformat(told or "")
        except ValueError:
            return None
        is_near = self.held_on and abs(day - self.held_on) <= A_YEAR
        return day.isoformat() if is_near else None


def clean(text: str, longest: int = LONGEST_TEXT) -> str:
    """Without citations and hidden characters."""
    citations = Citations()
    return (citations.push(text) + citations.finish()).strip()[:longest]

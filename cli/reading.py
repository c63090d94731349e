"""What the client commands print."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.client import Gateway
from shared.events import (
    AnyEvent,
    Asked,
    CaptionChanged,
    GapFound,
    HearingTroubled,
    LineHeard,
    MeetingStateChanged,
    ParticipantJoined,
    ParticipantLeft,
    QuestionAnswered,
    QuestionFailed,
    SpeechStarted,
    TranscriptCompleted,
)


def clock_of(ms: int) -> str:
    """`1:02:03` or `2:03`."""
    seconds = ms // 1000
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


async def join(gateway: Gateway, console: Console, wanted: Mapping[str, object]) -> None:
    made = await gateway.post("/meetings/join", wanted)
    console.print(f"[bold]{made['meeting_id']}[/bold]  {made['status']}")
    console.print(f"Follow it with: chimein tail {made['meeting_id']}", style="dim")


async def ask(gateway: Gateway, console: Console, meeting_id: str, question: str, *, speak: bool) -> None:
    answer = await gateway.post(f"/meetings/{meeting_id}/ask", {"question": question, "speak": speak})
    console.print(escape(str(answer.get("answer") or answer.get("detail"))))
    for cite in cast("list[dict[str, Any]]", answer.get("cites", [])):
        console.print(f"  {clock_of(cite['at_ms'])} {escape(cite['speaker'])}", style="dim")


async def brief(gateway: Gateway, console: Console, meeting_id: str, wanted: Mapping[str, str]) -> None:
    path = f"/meetings/{meeting_id}/brief"
    params = {name: value for name, value in wanted.items() if value}
    console.print(escape((await gateway.call("GET", path, accept="text/markdown", params=params)).decode()))


async def say(gateway: Gateway, console: Console, meeting_id: str, text: str) -> None:
    said = await gateway.post(f"/meetings/{meeting_id}/say", {"text": text})
    console.print(f"handed to the voice: {said['sentences']} sentences")


async def hush(gateway: Gateway, console: Console, meeting_id: str) -> None:
    await gateway.post(f"/meetings/{meeting_id}/hush")
    console.print("quiet")


async def leave(gateway: Gateway, console: Console, meeting_id: str) -> None:
    left = await gateway.post(f"/meetings/{meeting_id}/leave")
    console.print("had left already" if left["already"] else "left")


async def export(gateway: Gateway, meeting_id: str, form: str) -> None:
    print((await gateway.call("GET", f"/meetings/{meeting_id}/transcript.{form}")).decode(), end="")


async def status(gateway: Gateway, console: Console, meeting_id: str) -> None:
    if meeting_id:
        for name, value in (await gateway.get(f"/meetings/{meeting_id}/status")).items():
            console.print(f"{name:>15}  {escape(str(value))}", highlight=False)
        return
    table = Table("meeting", "status", "platform", "")
    for meeting in cast("list[dict[str, str]]", (await gateway.get("/meetings"))["meetings"]):
        table.add_row(meeting["meeting_id"], meeting["status"], meeting["platform"], escape(meeting["explanation"]))
    console.print(table)


async def search(gateway: Gateway, console: Console, wanted: Mapping[str, str]) -> None:
    found = await gateway.get("/search", **{name: text for name, text in wanted.items() if text})
    for hit in cast("list[dict[str, Any]]", found["hits"]):
        day = datetime.fromtimestamp(hit["at"] / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
        console.print(f"[dim]{hit['meeting_id']}  {day}  {clock_of(hit['start_ms'])}[/dim]  {escape(hit['title'])}")
        console.print(f"  [bold]{escape(hit['speaker'])}[/bold]  {marked(hit['fragment'])}", highlight=False)
    if found["next_cursor"]:
        console.print("there is more: say more words, or when, or who", style="dim")


def marked(fragment: list[dict[str, Any]]) -> str:
    pieces = ((escape(piece["text"]), piece["hit"]) for piece in fragment)
    return "".join(f"[green]{text}[/green]" if is_hit else text for text, is_hit in pieces)


async def tail(gateway: Gateway, console: Console, meeting_id: str) -> None:
    async for event in gateway.events(meeting_id):
        if shown := row_of(event):
            console.print(shown, highlight=False)


def row_of(event: AnyEvent) -> str:
    """One line of rich markup for what people care about, else nothing."""
    match event:
        case LineHeard(line=line):
            return f"[dim]{clock_of(line.start_ms):>7}[/dim] [bold]{escape(line.speaker)}[/bold]  {escape(line.text)}"
        case QuestionAnswered():
            return f"        [green]{escape(event.answer)}[/green]"
        case QuestionFailed():
            return f"        [red]no answer: {escape(event.reason)}[/red]"
        case Asked():
            return f"        [cyan]{escape(event.asked_by or 'over HTTP')} asks: {escape(event.question)}[/cyan]"
        case GapFound():
            return f"[red]{clock_of(event.from_ms):>7} nothing heard until {clock_of(event.to_ms)}: {event.cause}[/red]"
        case _:
            return note_of(event)


def note_of(event: AnyEvent) -> str:
    match event:
        case ParticipantJoined() | ParticipantLeft():
            did = "joined" if isinstance(event, ParticipantJoined) else "left"
            return f"[dim]        {escape(event.name)} {did}[/dim]"
        case HearingTroubled():
            return f"[yellow]        {escape(event.explanation)}[/yellow]"
        case MeetingStateChanged():
            return f"[dim]        {event.status} {escape(event.explanation)}[/dim]"
        case SpeechStarted():
            return "[dim]        speaking …[/dim]"
        case TranscriptCompleted():
            return f"[dim]        the transcript is {event.verdict}: {event.lines} lines[/dim]"
        case CaptionChanged() | _:
            return ""

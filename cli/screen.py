"""What a rehearsal shows while it plays: lines as they become final, the caption of the moment, how far it is."""

from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from cli.reading import clock_of, row_of
from rehearsal.recordings import Recording
from shared.events import AnyEvent, CaptionChanged, LineHeard


class Screen:
    """On a terminal the caption and a bar stay below the lines; elsewhere there are only lines."""

    def __init__(self, console: Console, recording: Recording) -> None:
        self._console, self._recording = console, recording
        self._bar = Progress(TextColumn("{task.description}"), BarColumn(), console=console)
        self._task = self._bar.add_task("0:00", total=recording.duration_ms)
        self._caption = Text()
        self._live = Live(self._picture(), console=console, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, event: AnyEvent) -> None:
        if isinstance(event, CaptionChanged):
            self._caption = Text(f"        {event.speaker}  {event.text}", style="grey50")
        elif isinstance(event, LineHeard):
            self._caption = Text()
        if row := row_of(event):
            self._console.print(row, highlight=False)
        self._live.update(self._picture())

    def move(self, ms: int) -> None:
        told = f"{clock_of(ms)} of {clock_of(self._recording.duration_ms)} {escape(self._recording.path.name)}"
        self._bar.update(self._task, completed=ms, description=told)

    def _picture(self) -> Group:
        return Group(self._caption, self._bar)

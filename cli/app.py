"""The command `chimein`. One function a command; what a command does lives in the module it calls."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from cli import dead, keys, reading
from cli import doctor as doctor_command
from cli import up as up_command
from cli.client import Gateway
from cli.promises import PROMISES, prove
from cli.rehearse import Rehearsal
from cli.rehearse import rehearse as run_rehearsal
from cli.reindex import reindex as make_index_anew
from cli.settings import environment, settings
from cli.stage import Setting
from rehearsal.recordings import SAMPLE
from shared.errors import ChimeinError, ConfigError, root_of
from shared.logs import configure
from shared.privacy import keep_to_ourselves

ROLES = ("gateway", "ingest", "transcriber", "brain", "speaker")
DEFAULT_QUESTION = "Who will talk to the platform group?"

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="A live-meeting assistant you host yourself.",
)
app.add_typer(dead.app, name="dead")
app.add_typer(keys.app, name="keys")
console = Console()

Platform = Literal["recall"]
Stt = Literal["auto", "embedded", "deepgram"]
Audio = Literal["mixed", "separate"]
MeetingId = Annotated[str, typer.Argument(help="The meeting's id, as `chimein join` printed it.")]


def main() -> None:
    """Errors that are meant for people are shown as such. Exit codes: 0 done, 1 failed, 2 wrong use, 130 Ctrl-C."""
    keep_to_ourselves()
    configure(os.environ.get("LOG_LEVEL", "warning"), "console")
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        cause = root_of(error)
        if not isinstance(cause, ChimeinError):
            raise
        Console(stderr=True).print(str(cause), style="red", highlight=False, markup=False, soft_wrap=True)
        sys.exit(1)


@app.command()
def up() -> None:
    """Start everything: its own Redis where none is configured, then every process of the Procfile."""
    raise typer.Exit(up_command.up(environment()))


@app.command()
def rehearse(  # noqa: PLR0913, PLR0917  # one per option of the command line
    file: Annotated[Path, typer.Argument(help="A recording; FILE.json beside it may tell who speaks when.")] = SAMPLE,
    question: Annotated[list[str] | None, typer.Option(help="Asked while it plays; may be repeated.")] = None,
    speed: Annotated[float, typer.Option(min=0.1, max=50, help="Times real time.")] = 1.0,
    out: Annotated[Path, typer.Option(help="Where the six files go.")] = Path("rehearsal-output"),
    platform: Annotated[Platform, typer.Option(help="Whose bot brings the meeting.")] = "recall",
    stt: Annotated[Stt, typer.Option(help="Which speech engine; deepgram is its adapter and a stand-in.")] = "auto",
    audio: Annotated[Audio, typer.Option(help="One track for all, or one per participant.")] = "mixed",
    barge_in: Annotated[bool, typer.Option("--barge-in", help="People who talk on cut the answer short.")] = False,
) -> None:
    """Play a recording through the whole system: transcript, answers aloud, briefing, figures."""
    if stt == "deepgram" and speed > 1.2:
        raise typer.BadParameter("Deepgram takes audio at 1.25 times real time at the most: --speed 1.2 or less")
    setting = Setting(stt=stt, audio=audio)
    questions = tuple(question or [DEFAULT_QUESTION])
    plan = Rehearsal(file=file, questions=questions, speed=speed, out=out, setting=setting, barge_in=barge_in)
    raise typer.Exit(asyncio.run(run_rehearsal(plan, environment(), console)))


@app.command()
def promises(
    only: Annotated[list[int] | None, typer.Option(help="One of them; may be repeated.")] = None,
    meetings: Annotated[int | None, typer.Option(min=1, help="How many at once, if not as in the full form.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0.5, help="How long each lasts.")] = None,
    kills: Annotated[int | None, typer.Option(min=1, help="How often something is broken.")] = None,
    seed: Annotated[int | None, typer.Option(help="Repeats a run.")] = None,
    out: Annotated[Path, typer.Option(help="Where promises.json goes.")] = Path("rehearsal-output"),
) -> None:
    """Break things under load and count what was lost: the reliability promises, with their figures."""
    if unknown := set(only or []) - PROMISES.keys():
        raise typer.BadParameter(f"no promise {sorted(unknown)}: choose of {', '.join(map(str, PROMISES))}")
    wanted = {"meetings": meetings, "seconds": minutes and minutes * 60, "kills": kills, "seed": seed}
    configure("error")  # what breaks is told by the verdict
    raise typer.Exit(asyncio.run(prove(only or [], wanted, out, console)))


@app.command()
def worker(name: Annotated[str, typer.Argument(help=f"One of {', '.join(ROLES)}.")]) -> None:
    """Start one more process of a role; the work is shared out by itself."""
    if name not in ROLES:
        raise typer.BadParameter(f"there is no {name}: choose one of {', '.join(ROLES)}")
    raise typer.Exit(subprocess.call([sys.executable, "-m", name], env=environment()))  # noqa: S603  # checked above


@app.command()
def join(
    url: Annotated[str, typer.Argument(help="The meeting's link.")],
    bot_name: Annotated[str, typer.Option(help="Its name in the meeting.")] = "Chime",
    speak: Annotated[bool, typer.Option(help="Answer aloud.")] = True,
    title: Annotated[str, typer.Option(help="What it is about; its terms are heard better.")] = "",
    term: Annotated[list[str] | None, typer.Option(help="A name or term likely to be said; may be repeated.")] = None,
    force: Annotated[bool, typer.Option(help="A second bot where one is in the meeting already.")] = False,
) -> None:
    """Send the bot into a meeting."""
    wanted = {
        "meeting_url": url,
        "bot_name": bot_name,
        "speak": speak,
        "title": title,
        "vocabulary": term or [],
        "force": force,
    }
    client(lambda gateway: reading.join(gateway, console, wanted))


@app.command()
def ask(
    meeting_id: MeetingId,
    question: Annotated[str, typer.Argument()],
    speak: Annotated[bool, typer.Option(help="Say the answer in the meeting.")] = True,
) -> None:
    """Ask the meeting a question."""
    client(lambda gateway: reading.ask(gateway, console, meeting_id, question, speak=speak))


@app.command()
def brief(
    meeting_id: MeetingId,
    since: Annotated[str, typer.Option(help="Only from here on: h:mm:ss, the id of a line, or joined:NAME.")] = "",
    until: Annotated[str, typer.Option(help="Only up to here: h:mm:ss, or the id of a line.")] = "",
    level: Annotated[str, typer.Option(help="glance, short or full.")] = "",
    about: Annotated[str, typer.Option(help="Also where this person was spoken of or to.")] = "",
) -> None:
    """What happened so far."""
    wanted = {"since": since, "until": until, "level": level, "about": about}
    client(lambda gateway: reading.brief(gateway, console, meeting_id, wanted))


@app.command()
def say(meeting_id: MeetingId, text: Annotated[str, typer.Argument()]) -> None:
    """Say a text in the meeting."""
    client(lambda gateway: reading.say(gateway, console, meeting_id, text))


@app.command()
def hush(meeting_id: MeetingId) -> None:
    """Stop talking."""
    client(lambda gateway: reading.hush(gateway, console, meeting_id))


@app.command()
def tail(meeting_id: MeetingId) -> None:
    """Follow the meeting as it happens, from its beginning."""
    client(lambda gateway: reading.tail(gateway, console, meeting_id))


@app.command()
def status(meeting_id: Annotated[str, typer.Argument(help="All meetings when left out.")] = "") -> None:
    """How a meeting is, or which there are."""
    client(lambda gateway: reading.status(gateway, console, meeting_id))


@app.command()
def leave(meeting_id: MeetingId) -> None:
    """Leave the meeting."""
    client(lambda gateway: reading.leave(gateway, console, meeting_id))


@app.command()
def export(
    meeting_id: MeetingId,
    format: Annotated[str, typer.Option(help="json, txt, md, srt or vtt.")] = "txt",  # noqa: A002  # the option's name
) -> None:
    """Print the transcript."""
    client(lambda gateway: reading.export(gateway, meeting_id, format))


@app.command()
def search(
    words: Annotated[list[str], typer.Argument(help="Said in one line; the last may be the beginning of a word.")],
    speaker: Annotated[str, typer.Option(help="Who said it: the name, or a part of it.")] = "",
    since: Annotated[str, typer.Option(help="Said then or later, as 2026-11-25.")] = "",
    until: Annotated[str, typer.Option(help="Said before.")] = "",
    meeting: Annotated[str, typer.Option(help="In this meeting only.")] = "",
    best: Annotated[bool, typer.Option("--best", help="What fits best first, instead of the newest.")] = False,
) -> None:
    """Find what was said, in all meetings."""
    wanted = {"q": " ".join(words), "speaker": speaker, "from": since, "to": until, "meeting_id": meeting}
    wanted["order"] = "best" if best else "newest"
    client(lambda gateway: reading.search(gateway, console, wanted))


@app.command()
def reindex() -> None:
    """Make the search index anew of what is kept; searches find less until it is done."""
    count = asyncio.run(make_index_anew(dead.redis_url()))
    console.print(f"the index of {count} meetings is being made anew by the gateways")


@app.command()
def mcp() -> None:
    """Give meetings to an assistant as tools: an MCP server on standard input and output."""
    try:
        from cli.mcp_server import serve
    except ModuleNotFoundError as error:
        if error.name not in {"mcp", "mcp_types", "pydantic"}:
            raise
        raise ConfigError("the package mcp is missing: install it with `pip install 'chimein[mcp]'`") from error
    asyncio.run(serve(settings()))


@app.command()
def doctor() -> None:
    """Check what is needed, and say what to do where something is missing."""
    raise typer.Exit(asyncio.run(doctor_command.examine(environment(), console)))


def client(command: Callable[[Gateway], Awaitable[None]]) -> None:
    asyncio.run(with_gateway(command))


async def with_gateway(command: Callable[[Gateway], Awaitable[None]]) -> None:
    told = settings()
    async with Gateway(told.chimein_url, told.chimein_api_key) as gateway:
        await command(gateway)


if __name__ == "__main__":
    main()

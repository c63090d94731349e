"""What was said, as the files that people and players read. Pure."""

import html
import re
from collections.abc import Mapping, Sequence

import msgspec

from gateway.answers import flat
from gateway.contract import Briefing, Transcript, TranscriptGap, TranscriptLine, TranscriptWord
from gateway.coverage import coverage_of, tracks_of
from gateway.levels import at_level
from gateway.mentions import mentions_of
from shared.events import ActionItem, Brief, Cite, Line, Point
from shared.view import MeetingView

PLAIN, MARKDOWN, SUBRIP, WEBVTT = "text/plain", "text/markdown", "application/x-subrip", "text/vtt"
SHORTEST_MS = 100
"""A cue is shown at least so long, and begins so long after the one before."""
MARKS = re.compile(r"([\\`*_{}\[\]<>#|])")
SUBRIP_TIME = re.compile(r"(\d+:\d+:\d+)[.,](\d)")
"""Some players take any row with two of these for a time line."""

Cue = tuple[int, int, TranscriptLine]
"""Start and end in ms, and the line."""


def transcript_of(
    meeting_id: str, state: Mapping[str, str], view: MeetingView, *, with_words: bool = False
) -> Transcript:
    return Transcript(
        meeting_id=meeting_id,
        lines=[line_of(line, with_words=with_words) for line in view.lines],
        gaps=[
            TranscriptGap(track=gap.track, from_ms=gap.from_ms, to_ms=gap.to_ms, cause=gap.cause) for gap in view.gaps
        ],
        complete=view.completed is not None and view.completed.verdict == "complete",
        coverage=coverage_of(tracks_of(state, view), view),
    )


def line_of(line: Line, *, with_words: bool) -> TranscriptLine:
    words = [
        TranscriptWord(text=word.text, start_ms=word.start_ms, end_ms=word.end_ms, confidence=word.confidence)
        for word in line.words
    ]
    return TranscriptLine(
        id=line.id,
        speaker=line.speaker,
        participant_id=line.participant_id,
        start_ms=line.start_ms,
        end_ms=line.end_ms,
        text=line.text,
        confidence=line.confidence,
        language=line.language,
        words=words if with_words else msgspec.UNSET,
    )


# -- text and Markdown ---------------------------------------------------------------------------------------------


def to_text(transcript: Transcript) -> str:
    shown = rows(transcript, "[{time}] {speaker}: {text}", "[{time}] ({text})")
    return "".join(f"{row}\n" for row in [*shown, "", transcript.coverage.summary])


def to_markdown(transcript: Transcript) -> str:
    shown = rows(escaped(transcript), "**{speaker}** {time}  \n{text}\n", "*{time} {text}*\n")
    return "\n".join(["# Transcript\n", *shown, f"*{transcript.coverage.summary}*\n"])


def rows(transcript: Transcript, line_form: str, gap_form: str) -> list[str]:
    """Lines and gaps together, by time."""
    timed = [
        (line.start_ms, line_form.format(time=clock(line.start_ms), speaker=flat(line.speaker), text=flat(line.text)))
        for line in transcript.lines
    ]
    timed += [(gap.from_ms, gap_form.format(time=clock(gap.from_ms), text=told(gap))) for gap in transcript.gaps]
    return [row for _, row in sorted(timed, key=start_of)]


def start_of(timed: tuple[int, str]) -> int:
    return timed[0]


def told(gap: TranscriptGap) -> str:
    return f"{(gap.to_ms - gap.from_ms) / 1000:.1f} s of audio are missing: {flat(gap.cause)}"


def escaped(transcript: Transcript) -> Transcript:
    """With nothing left that Markdown would take for its own."""
    lines = [
        msgspec.structs.replace(line, speaker=markdown_safe(line.speaker), text=markdown_safe(line.text))
        for line in transcript.lines
    ]
    return msgspec.structs.replace(transcript, lines=lines)


def markdown_safe(text: str) -> str:
    return MARKS.sub(r"\\\1", flat(text))


def clock(ms: int) -> str:
    """h:mm:ss"""
    minutes, seconds = divmod(ms // 1000, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


# -- subtitles -----------------------------------------------------------------------------------------------------


def to_srt(transcript: Transcript) -> str:
    blocks = [
        f"{number}\n{stamp(start, ',')} --> {stamp(end, ',')}\n{srt_safe(line.speaker)}: {srt_safe(line.text)}\n"
        for number, (start, end, line) in enumerate(cues(transcript.lines), 1)
    ]
    return "\n".join(blocks)


def to_vtt(transcript: Transcript) -> str:
    blocks = [
        f"{stamp(start, '.')} --> {stamp(end, '.')}\n<v {vtt_safe(line.speaker)}>{vtt_safe(line.text)}</v>\n"
        for start, end, line in cues(transcript.lines)
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def cues(lines: Sequence[TranscriptLine]) -> list[Cue]:
    """One after the other, none empty: players show only one, and skip what has no length."""
    found: list[Cue] = []
    for line in lines:
        start = line.start_ms
        if found:
            before_start, before_end, before = found[-1]
            start = max(start, before_start + SHORTEST_MS)
            found[-1] = before_start, min(before_end, start), before
        found.append((start, max(line.end_ms, start + SHORTEST_MS), line))
    return found


def stamp(ms: int, mark: str) -> str:
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{mark}{rest:03d}"


def srt_safe(text: str) -> str:
    """SubRip knows no escapes: what players take for tags or for a time line is written otherwise."""
    plain = flat(text).replace("-->", "→").replace("<", "‹").replace(">", "›").replace("{", "(").replace("}", ")")
    return SUBRIP_TIME.sub(r"\1·\2", plain)


def vtt_safe(text: str) -> str:
    return html.escape(flat(text), quote=False)


# -- briefings -----------------------------------------------------------------------------------------------------


def briefing_of(
    brief: Brief, state: Mapping[str, str], view: MeetingView, *, level: str = "full", about: str = ""
) -> Briefing:
    return Briefing(
        **msgspec.structs.asdict(at_level(brief, level)),
        coverage=coverage_of(tracks_of(state, view), view).summary,
        mentions=mentions_of(about, view.lines, brief) if about.strip() else msgspec.UNSET,
    )


def brief_to_markdown(brief: Briefing) -> str:
    parts = [f"# {markdown_safe(brief.title)}", markdown_safe(brief.summary)]
    parts += section("Key points", [point_row(point) for point in brief.key_points])
    parts += section("Decisions", [point_row(point) for point in brief.decisions])
    parts += section("Action items", [action_row(item) for item in brief.action_items])
    parts += section("Open questions", [point_row(point) for point in brief.open_questions])
    parts += section("Mentions", [point_row(point) for point in brief.mentions or []])
    return "\n\n".join([*parts, f"*{brief.coverage} Written by {markdown_safe(brief.made_by)}.*"]) + "\n"


def section(title: str, items: list[str]) -> list[str]:
    return [f"## {title}", "\n".join(f"- {item}" for item in items)] if items else []


def point_row(point: Point) -> str:
    return f"{markdown_safe(point.text)}{cited(point.cites)}"


def action_row(item: ActionItem) -> str:
    owner = f"**{markdown_safe(item.owner)}**: " if item.owner else ""
    due = f", due {markdown_safe(item.due)}" if item.due else ""
    due += f" ({item.due_on})" if item.due_on else ""
    return f"{owner}{markdown_safe(item.task)}{due}{cited(item.cites)}"


def cited(cites: Sequence[Cite]) -> str:
    """Who said it and when, in brackets."""
    told_by = ", ".join(f"{markdown_safe(cite.speaker)} {clock(cite.at_ms)}" for cite in cites)
    return f" ({told_by})" if told_by else ""

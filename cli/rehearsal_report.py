"""The six files of a rehearsal, its figures, and what of it failed."""

import math
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.witness import SentAt, Witness, speaker_accuracy, word_error_rate
from rehearsal.recall.server import RecallServer
from rehearsal.recordings import Recording
from shared.events import Brief, QuestionAnswered
from shared.stages import Stages

LOUD = 500
"""Of 32,767: an answer whose loudest sample is below it is silence."""


@dataclass(frozen=True)
class Report:
    """Everything that a rehearsal left."""

    meeting_id: str
    recording: Recording
    speed: float
    witness: Witness
    sent_at: SentAt
    subtitles: bytes
    brief: Brief | None
    wall_s: float

    def transcript(self) -> dict[str, object]:
        fields = ("id", "speaker", "start_ms", "end_ms", "text")
        lines = [{name: getattr(line, name) for name in fields} for line in self.witness.lines]
        return {"meeting_id": self.meeting_id, "lines": lines}

    def answers(self) -> list[dict[str, object]]:
        rows = []
        for question_id, asked in self.witness.questions.items():
            answer = self.witness.answers.get(question_id)
            given = answer if isinstance(answer, QuestionAnswered) else None
            rows.append(
                {
                    "question": asked.question,
                    "answer": given.answer if given else None,
                    "cites": msgspec.to_builtins(given.cites) if given else [],
                    "spoken": self.witness.was_spoken(question_id),
                    "asked_by": asked.asked_by,
                    "via": asked.via,
                    "latency": latency_of(self.witness.stages(question_id)),
                }
            )
        return rows

    def figures(self) -> dict[str, object]:
        completed = self.witness.completed
        heard_ms = completed.heard_ms if completed else 0
        missing_ms = completed.missing_ms if completed else 0
        captions, finals = self.witness.caption_ms(self.sent_at), self.witness.final_ms(self.sent_at)
        figures: dict[str, object] = {
            "hops": {
                "caption": spread(captions),
                "final": spread(finals),
                "answer": spread(self.witness.answer_ms()),
                "first_audio": spread(self.witness.first_audio_ms()),
            },
            "caption_p95_ms": percentile(captions, 95),
            "final_p95_ms": percentile(finals, 95),
            "words": sum(len(line.text.split()) for line in self.witness.lines),
            "lost_ms": max(0, self.recording.duration_ms - heard_ms) + missing_ms,
            "duplicated_lines": self.witness.duplicated_lines(),
            "verdict": completed.verdict if completed else "unfinished",
            "speed": self.speed,
            "wall_s": round(self.wall_s, 1),
        }
        if segments := self.recording.script.segments:
            figures["wer"] = round(word_error_rate(self.witness.lines, segments), 4)
            figures["speaker_accuracy"] = round(speaker_accuracy(self.witness.lines, segments), 4)
        return figures

    def show(self, console: Console, out: Path) -> None:
        if self.brief:
            show_brief(console, self.brief)
        table = Table("hop", "p50 ms", "p95 ms", "p99 ms", "n", title="latency")
        figures = self.figures()
        hops = msgspec.convert(figures.pop("hops"), dict[str, dict[str, float | None]])
        for name, hop in hops.items():
            table.add_row(name, *(shown(hop[key]) for key in ("p50_ms", "p95_ms", "p99_ms", "n")))
        console.print(table)
        for name, value in figures.items():
            console.print(f"{name:>18}  {value}", highlight=False)
        console.print(f"written to {out}/", style="dim")


def latency_of(stages: Stages | None) -> dict[str, int] | None:
    """From the end of the question to the first sound of its answer, ms."""
    if stages is None:
        return None
    return {
        "first_audio_ms": stages.whole_ms,
        "vendors_ms": stages.vendor_ms,
        "own_ms": stages.own_ms,
        "waited_for_a_pause_ms": stages.waited_ms,
    }


def show_brief(console: Console, brief: Brief) -> None:
    console.print(f"\n[bold]{escape(brief.title)}[/bold]\n{escape(brief.summary)}", highlight=False)
    sections = (("Decisions", brief.decisions), ("Key points", brief.key_points), ("Open", brief.open_questions))
    for heading, points in sections:
        if points:
            console.print(f"[bold]{heading}[/bold]")
            for point in points:
                console.print(f"  • {escape(point.text)}", highlight=False)
    if brief.action_items:
        console.print("[bold]Action items[/bold]")
    for item in brief.action_items:
        who_when = ", ".join(part for part in (item.owner, item.due, item.due_on) if part) or "nobody yet"
        console.print(f"  • {escape(item.task)} ({escape(who_when)})", highlight=False)
    console.print(f"made by {escape(brief.made_by)}\n", style="dim")


def write_files(out: Path, report: Report, recall: RecallServer) -> None:
    out.mkdir(parents=True, exist_ok=True)
    brief = msgspec.to_builtins(report.brief) if report.brief else {}
    for name, content in (
        ("transcript.json", report.transcript()),
        ("answer.json", report.answers()),
        ("brief.json", brief),
        ("report.json", report.figures()),
    ):
        (out / name).write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1))
    (out / "transcript.vtt").write_bytes(report.subtitles)
    recall.write_heard(out / "answer.wav")


def failures_of(report: Report, out: Path) -> list[str]:
    """One sentence each; empty when all went well."""
    figures, answers = report.figures(), report.answers()
    taken = {row["question"] for row in answers}
    checks = {
        "nothing was transcribed": not report.witness.lines,
        f"the transcript is {figures['verdict']}": figures["verdict"] not in ("complete", "partial"),
        f"{figures['lost_ms']} ms of the recording have no words": bool(figures["lost_ms"]),
        f"{figures['duplicated_lines']} lines came twice": bool(figures["duplicated_lines"]),
        "answer.wav is silent": bool(answers) and loudness(out / "answer.wav") < LOUD,
        "there is no briefing": report.brief is None,
        **{f"the question was never taken: {asked}": asked not in taken for asked in report.witness.asked_at_ms},
    }
    failures = [sentence for sentence, is_failed in checks.items() if is_failed]
    return failures + [problem for row in answers for problem in problems_of(row)]


def problems_of(row: Mapping[str, object]) -> list[str]:
    if row["answer"] is None:
        return [f"there is no answer to: {row['question']}"]
    return [] if row["spoken"] else [f"the answer was not said aloud: {row['question']}"]


def loudness(path: Path) -> int:
    """The loudest sample of a WAV in S16LE."""
    with wave.open(str(path)) as file:
        samples = memoryview(file.readframes(file.getnframes())).cast("h")
    return max((abs(sample) for sample in samples), default=0)


def spread(took: Sequence[float]) -> dict[str, float | int | None]:
    return {
        "p50_ms": percentile(took, 50),
        "p95_ms": percentile(took, 95),
        "p99_ms": percentile(took, 99),
        "n": len(took),
    }


def percentile(took: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile; None of nothing."""
    if not took:
        return None
    return round(sorted(took)[max(0, math.ceil(len(took) * share / 100) - 1)], 1)


def shown(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"

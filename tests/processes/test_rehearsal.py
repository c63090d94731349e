"""`chimein rehearse` as a stranger runs it, held to its bars; and one in whose middle the transcriber is killed."""

import json
import os
import signal
import subprocess
import sys
import wave
from pathlib import Path

import msgspec
import psutil
import pytest
from processes import ROOT

from rehearsal.audio import decode
from rehearsal.recordings import SAMPLE, load
from rehearsal.scoring import word_errors, words_of
from transcriber.adapters.embedded import build_embedded_engine
from transcriber.ports import StreamSpec

pytestmark = [pytest.mark.process, pytest.mark.engine, pytest.mark.timeout(150)]
FILES = ("transcript.json", "transcript.vtt", "answer.json", "answer.wav", "brief.json", "report.json")


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two and a half times real time: others want the machine too."""
    out = tmp_path_factory.mktemp("rehearsal")
    told = rehearse("--speed", "2.5", "--out", str(out))
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-2000:]
    return out


def rehearse(*options: str) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "CHIMEIN_URL": "http://127.0.0.1:9"}
    argv = [sys.executable, "-m", "cli.app", "rehearse", *options]
    return subprocess.run(argv, cwd="/", env=environ, capture_output=True, text=True, timeout=140, check=False)


def content(out: Path, name: str) -> dict:
    return json.loads((out / name).read_text())


def test_it_leaves_the_six_files(rehearsed: Path) -> None:
    assert {path.name for path in rehearsed.iterdir()} == set(FILES)


def test_words_and_names_are_right(rehearsed: Path) -> None:
    report = content(rehearsed, "report.json")
    assert report["wer"] <= 0.06
    assert report["speaker_accuracy"] >= 0.97
    assert (report["lost_ms"], report["duplicated_lines"], report["verdict"]) == (0, 0, "complete")


def test_the_question_is_answered_with_the_right_person_and_a_cited_line(rehearsed: Path) -> None:
    answer = next(row for row in content(rehearsed, "answer.json") if row["asked_by"] == "HTTP")
    cited = {cite["line_id"] for cite in answer["cites"]}
    lines = {line["id"]: line for line in content(rehearsed, "transcript.json")["lines"]}
    assert "Maya" in answer["answer"]
    assert any("platform group" in lines[line_id]["text"] and lines[line_id]["speaker"] == "Maya" for line_id in cited)
    assert answer["spoken"]


def test_the_question_by_name_in_the_meeting_is_answered_too(rehearsed: Path) -> None:
    answer = next(row for row in content(rehearsed, "answer.json") if row["asked_by"] == "Maya")
    assert "Tuesday" in answer["answer"]
    assert answer["spoken"]


async def test_the_answer_is_heard_in_the_meeting_word_for_word(rehearsed: Path) -> None:
    """The clip that the meeting heard goes back through the speech engine."""
    heard = words_of(await transcribed(rehearsed / "answer.wav"))
    said = [word for row in content(rehearsed, "answer.json") for word in words_of(row["answer"])]
    assert sum(word_errors(said, heard)) / len(said) <= 0.25


async def transcribed(path: Path) -> str:
    pcm = decode(path, 16_000) + bytes(32_000)
    engine = build_embedded_engine()
    stream = await engine.open(StreamSpec(track="mixed", start_ms=0, fresh_from_ms=0))
    for at in range(0, len(pcm) // 3200 * 3200, 3200):
        await stream.send(at // 32, pcm[at : at + 3200])
    await stream.finish()
    words = [word.text async for heard in stream.results() if heard.is_final for word in heard.words]
    await stream.close()
    await engine.close()
    return " ".join(words)


def test_the_briefing_has_the_decision_and_who_does_what(rehearsed: Path) -> None:
    brief = content(rehearsed, "brief.json")
    assert any("Tuesday" in decision["text"] for decision in brief["decisions"])
    assert {item["owner"] for item in brief["action_items"]} <= {"Maya", "Tom", "Daniel", "Elena"}
    assert all(item["cites"] for item in brief["action_items"])
    assert "no language model" in brief["made_by"]


def test_subtitles_name_the_speakers(rehearsed: Path) -> None:
    text = (rehearsed / "transcript.vtt").read_text()
    assert text.startswith("WEBVTT")
    assert "<v Maya>" in text


def test_nothing_that_it_started_is_left(rehearsed: Path) -> None:
    assert orphans() == []


def orphans() -> list[str]:
    """Processes of a rehearsal: their Redis keeps its data in a folder of that name."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or ())
        if "chimein-" in line and "valkey" in line:
            found.append(line)
    return found


@pytest.mark.timeout(180)
def test_a_transcriber_killed_in_the_middle_costs_no_word(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "CHIMEIN_URL": "http://127.0.0.1:9"}
    argv = [sys.executable, "-m", "cli.app", "rehearse", "--speed", "3", "--out", str(tmp_path / "out")]
    running = subprocess.Popen(argv, cwd="/", env=environ, stdout=subprocess.PIPE, text=True)
    assert running.stdout
    lines, successors = [], []
    try:
        for line in running.stdout:
            lines.append(line)
            if "database index" in line:
                successors.append(replace_transcriber(running.pid))
        code = running.wait(120)
    finally:
        for process in (running, *successors):
            process.kill()
            process.wait()
        running.stdout.close()
    assert len(successors) == 1
    assert sum("transcriber ended (code -9)" in line for line in lines) == 1
    report = content(tmp_path / "out", "report.json")
    assert code == 0, "".join(lines[-30:])
    assert (report["lost_ms"], report["duplicated_lines"], report["verdict"]) == (0, 0, "complete")
    assert report["wer"] <= 0.06


def replace_transcriber(rehearsal_pid: int) -> subprocess.Popen[bytes]:
    """A second instance is started, and the first killed at once."""
    children = psutil.Process(rehearsal_pid).children(recursive=True)
    victim = next(child for child in children if child.cmdline()[-2:] == ["-m", "transcriber"])
    successor = subprocess.Popen(victim.cmdline(), env=victim.environ(), cwd=ROOT, stderr=subprocess.DEVNULL)
    victim.send_signal(signal.SIGKILL)
    return successor


EXCERPT_S = 20.0


def excerpt(folder: Path) -> Path:
    """The beginning of the sample, up to the middle of a pause."""
    sample = load(SAMPLE)
    segments = [one for one in sample.script.segments if one.end <= EXCERPT_S]
    end_s = (segments[-1].end + sample.script.segments[len(segments)].start) / 2
    with wave.open(str(folder / "excerpt.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(sample.pcm[: round(end_s * 1000) * 32])
    script = msgspec.structs.replace(sample.script, segments=segments, reference={})
    (folder / "excerpt.json").write_bytes(msgspec.json.encode(script))
    return folder / "excerpt.wav"


@pytest.mark.parametrize("audio", ["mixed", "separate"])
def test_the_adapters_for_recall_and_deepgram_bring_words_and_names(tmp_path: Path, audio: str) -> None:
    """Through the stand-ins, at the pace that Deepgram takes."""
    told = rehearse(
        str(excerpt(tmp_path)), "--stt", "deepgram", "--audio", audio, "--speed", "1.2", "--out", str(tmp_path / "out")
    )
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-2000:]
    report = content(tmp_path / "out", "report.json")
    tracks = {line["id"].rpartition("-")[0] for line in content(tmp_path / "out", "transcript.json")["lines"]}
    assert report["wer"] <= 0.1
    assert report["speaker_accuracy"] >= (0.98 if audio == "mixed" else 1.0)
    assert (report["lost_ms"], report["duplicated_lines"], report["verdict"]) == (0, 0, "complete")
    assert tracks == {"mixed"} if audio == "mixed" else len(tracks) > 1


def test_a_recording_that_is_none_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "notes.wav").write_text("no sound here")
    told = rehearse(str(tmp_path / "notes.wav"))
    assert told.returncode == 1
    assert "notes.wav" in told.stderr
    assert "Traceback" not in told.stderr

"""Exports are read by programs that other people wrote, whatever was said by whomever."""

import html
import json
from itertools import pairwise

import msgspec
import pysubs2
import pytest
import srt
import webvtt

from gateway.contract import CoverageSummary, Transcript, TranscriptLine
from gateway.exports import to_markdown, to_srt, to_text, to_vtt

SUMMARY = CoverageSummary(heard_s=9.0, missing_s=0.0, verdict="complete", gaps=0, summary="Complete.")
FAMILY = "👨\u200d👩\u200d👧"
PERSIAN = "می\u200cخواهم"


def line(n: int, start_ms: int, end_ms: int, text: str, speaker: str = "Ada") -> TranscriptLine:
    who = {"speaker": speaker, "participant_id": "", "confidence": 1.0, "language": ""}
    return TranscriptLine(id=f"l{n}", start_ms=start_ms, end_ms=end_ms, text=text, **who)


def transcript(*lines: TranscriptLine) -> Transcript:
    return Transcript(meeting_id="m", lines=list(lines), gaps=[], complete=True, coverage=SUMMARY)


SAID = [
    ("Ada: Countess", "1 --> 2, as <b>they</b> say & so on"),
    ("Lin <x>", "a\n\n2\n00:00:05,000 --> 00:00:06,000\nforged"),
    ("שרה", "שלום, זה 42%"),
    ("Zoë & Co", f"{FAMILY} 🏴 done {{\\an8}} {{b}}"),
    ("رضا", PERSIAN),
    ("O'Neil", "<v Mallory>not me</v> &amp; &lt;already escaped&gt;"),
    ("", "NOTE this is no note"),
    ("Kim", "STYLE\n::cue { color: red }"),
    ("Kim", "-->"),
    ("Kim", "12"),
]
TIMES = [(0, 900), (1000, 1000), (1500, 4000), (2000, 2500), (2000, 2600), (5000, 5600), (6000, 7000), (7000, 7500)]
TIMES += [(3_599_999, 3_600_001), (359_999_000, 359_999_900)]
LINES = [line(n, *TIMES[n], text, speaker) for n, (speaker, text) in enumerate(SAID)]
WHOLE = transcript(*LINES)


def in_order(spans: list[tuple[int, int]]) -> bool:
    return all(start < end for start, end in spans) and all(end <= start for (_, end), (start, _) in pairwise(spans))


def ms_of(stamp: str) -> int:
    hours, minutes, seconds = stamp.split(":")
    return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000)


class TestVtt:
    def test_webvtt_py_reads_every_line_with_its_speaker_and_nothing_else(self):
        cues = list(webvtt.from_string(to_vtt(WHOLE), strict=True))
        assert len(cues) == len(SAID)
        assert [html.unescape(cue.text) for cue in cues] == [" ".join(text.split()) for _, text in SAID]
        assert [html.unescape(cue.voice or "") for cue in cues] == [speaker for speaker, _ in SAID]
        assert in_order([(ms_of(cue.start), ms_of(cue.end)) for cue in cues])

    def test_pysubs2_reads_as_many_at_the_same_times(self):
        events = pysubs2.SSAFile.from_string(to_vtt(WHOLE), format_="vtt").events
        assert len(events) == len(SAID)
        assert in_order([(event.start, event.end) for event in events])

    def test_what_is_in_no_need_of_it_is_not_escaped(self):
        assert f'<v רות>{FAMILY} it\'s "fine"</v>' in to_vtt(
            transcript(line(1, 0, 900, f'{FAMILY} it\'s "fine"', "רות"))
        )


class TestSrt:
    def test_srt_reads_every_line_and_would_write_the_same(self):
        cues = list(srt.parse(to_srt(WHOLE), ignore_errors=False))
        assert [cue.index for cue in cues] == list(range(1, len(SAID) + 1))
        spans = [(cue.start.total_seconds() * 1000, cue.end.total_seconds() * 1000) for cue in cues]
        assert in_order(spans)
        assert list(srt.parse(srt.compose(cues))) == cues

    def test_names_and_texts_stay_readable(self):
        texts = [cue.content for cue in srt.parse(to_srt(WHOLE))]
        assert texts[0] == "Ada: Countess: 1 → 2, as ‹b›they‹/b› say & so on"
        assert texts[2] == "שרה: שלום, זה 42%"
        assert texts[3].startswith(f"Zoë & Co: {FAMILY} 🏴 done")
        assert texts[4] == f"رضا: {PERSIAN}"

    def test_pysubs2_finds_no_tag_in_it(self):
        events = pysubs2.SSAFile.from_string(to_srt(WHOLE), format_="srt").events
        assert [event.plaintext for event in events] == [cue.content for cue in srt.parse(to_srt(WHOLE))]


class TestOthers:
    def test_json_gives_back_every_line_as_it_was(self):
        back = msgspec.json.decode(json.dumps(json.loads(msgspec.json.encode(WHOLE))), type=Transcript)
        assert back.lines == LINES

    @pytest.mark.parametrize("writer", [to_text, to_markdown])
    def test_each_line_is_one_row_that_nobody_can_forge(self, writer):
        rows = [row for row in writer(WHOLE).splitlines() if "forged" in row]
        assert len(rows) == 1

    @pytest.mark.parametrize("writer", [to_text, to_markdown, to_srt, to_vtt])
    def test_what_cannot_be_seen_is_gone_and_what_holds_signs_together_stays(self, writer):
        hidden = "a\u00adb\u202ec\u200b\ue000\x00d\ufeff e\U000e0041"
        file = writer(transcript(line(1, 0, 900, f"{hidden} {FAMILY} {PERSIAN}")))
        assert f"{FAMILY} {PERSIAN}" in file
        assert not set(file) & set("\u00ad\u202e\u200b\x00\ufeff\U000e0041")

"""Files made of a transcript: valid for the programs that read them, whatever was said."""

import re
from itertools import pairwise

import msgspec

from gateway.contract import CoverageSummary, Transcript, TranscriptGap, TranscriptLine, TranscriptWord
from gateway.exports import brief_to_markdown, briefing_of, cues, to_markdown, to_srt, to_text, to_vtt, transcript_of
from shared.events import Brief, GapFound, Line, LineHeard, SpokenWord, TranscriptCompleted
from shared.view import MeetingView

SUMMARY = "Complete: 9 s heard, nothing missing."
TIMES = re.compile(r"(\d\d):(\d\d):(\d\d)[.,](\d\d\d) --> (\d\d):(\d\d):(\d\d)[.,](\d\d\d)")


def line(n: int, start_ms: int, end_ms: int, text: str = "hello", speaker: str = "Ada"):
    who = {"speaker": speaker, "participant_id": "", "confidence": 1.0, "language": ""}
    return TranscriptLine(id=f"l{n}", start_ms=start_ms, end_ms=end_ms, text=text, **who)


def transcript(*lines: TranscriptLine, gaps: tuple[TranscriptGap, ...] = ()):
    whole = CoverageSummary(heard_s=9.0, missing_s=0.0, verdict="complete", gaps=len(gaps), summary=SUMMARY)
    return Transcript(meeting_id="m", lines=list(lines), gaps=list(gaps), complete=True, coverage=whole)


def spans(text: str):
    found = []
    for times in TIMES.findall(text):
        numbers = [int(number) for number in times]
        found.append(tuple(((h * 60 + m) * 60 + s) * 1000 + ms for h, m, s, ms in (numbers[:4], numbers[4:])))
    return found


class TestCues:
    def test_line_without_length_is_shown_a_moment(self):
        assert [(start, end) for start, end, _ in cues([line(1, 5000, 5000)])] == [(5000, 5100)]

    def test_overlapping_lines_come_one_after_the_other(self):
        lines = [line(1, 0, 4000), line(2, 3000, 5000), line(3, 3000, 3200), line(4, 3050, 9000)]
        found = [(start, end) for start, end, _ in cues(lines)]
        assert all(start < end for start, end in found)
        assert all(end <= start for (_, end), (start, _) in pairwise(found))

    def test_lines_apart_keep_their_times(self):
        assert [(start, end) for start, end, _ in cues([line(1, 0, 900), line(2, 1000, 1900)])] == [
            (0, 900),
            (1000, 1900),
        ]


class TestVtt:
    def test_names_the_speaker_and_the_time(self):
        assert to_vtt(transcript(line(1, 3_661_001, 3_662_500))) == (
            "WEBVTT\n\n01:01:01.001 --> 01:01:02.500\n<v Ada>hello</v>\n"
        )

    def test_marks_in_text_and_names_are_escaped(self):
        file = to_vtt(transcript(line(1, 0, 900, "1 --> 2 & <b>\n\nx", "A<>\n&da")))
        assert file.splitlines()[3] == "<v A&lt;&gt; &amp;da>1 --&gt; 2 &amp; &lt;b&gt; x</v>"
        assert len(file.splitlines()) == 4

    def test_empty_transcript_is_still_a_file(self):
        assert to_vtt(transcript()) == "WEBVTT\n"


class TestSrt:
    def test_cues_are_numbered_and_parted_by_an_empty_line(self):
        file = to_srt(transcript(line(1, 0, 900), line(2, 1000, 1900, "bye", "Lin")))
        assert file == "1\n00:00:00,000 --> 00:00:00,900\nAda: hello\n\n2\n00:00:01,000 --> 00:00:01,900\nLin: bye\n"

    def test_text_cannot_end_its_cue_or_forge_a_time_line(self):
        file = to_srt(transcript(line(1, 0, 900, "a\n\n2\n00:00:05,000 --> 00:00:06,000\n<i>{b}")))
        assert spans(file) == [(0, 900)]
        assert len(file.splitlines()) == 3


class TestText:
    def test_gap_stands_between_the_lines(self):
        gap = TranscriptGap(track="mixed", from_ms=1000, to_ms=3500, cause="socket lost")
        rows = to_text(transcript(line(1, 0, 900), line(2, 4000, 4100), gaps=(gap,))).splitlines()
        assert rows == [
            "[0:00:00] Ada: hello",
            "[0:00:01] (2.5 s of audio are missing: socket lost)",
            "[0:00:04] Ada: hello",
            "",
            SUMMARY,
        ]

    def test_braces_in_what_was_said_are_only_text(self):
        assert "{speaker} {0}" in to_text(transcript(line(1, 0, 900, "{speaker} {0}")))


class TestMarkdown:
    def test_what_was_said_cannot_become_markup(self):
        page = to_markdown(transcript(line(1, 0, 900, "# [x](javascript:1) <script> **b**")))
        assert r"\# \[x\](javascript:1) \<script\> \*\*b\*\*" in page

    def test_last_row_says_how_complete_it_is(self):
        assert to_markdown(transcript(line(1, 0, 900))).endswith(f"hello\n\n*{SUMMARY}*\n")


class TestBriefing:
    def briefing(self):
        parts = {"key_points": [], "decisions": [], "action_items": [], "open_questions": []}
        brief = Brief(title="Stand-up", summary="All is well.", made_by="rules", upto_line_id="l1", **parts)
        return briefing_of(brief, {"received:mixed": "4200"}, MeetingView())

    def test_it_keeps_the_brief_and_says_how_much_was_heard(self):
        made = self.briefing()
        assert (made.title, made.upto_line_id) == ("Stand-up", "l1")
        assert made.coverage == "So far: 4.2 s heard, nothing missing."

    def test_markdown_says_so_at_its_end(self):
        assert brief_to_markdown(self.briefing()).endswith(
            "\n\n*So far: 4.2 s heard, nothing missing. Written by rules.*\n"
        )


class TestTranscript:
    def heard(self, verdict: str, **how: bool):
        view = MeetingView()
        about = {"meeting_id": "m", "at": 1}
        word = SpokenWord(text="hello", start_ms=0, end_ms=900, confidence=0.5)
        said = Line(id="l1", track="mixed", speaker="Ada", start_ms=0, end_ms=900, text="hello", words=[word])
        view.apply(LineHeard(id="1", line=said, **about))
        view.apply(GapFound(id="2", track="mixed", from_ms=0, to_ms=5, cause="late", **about))
        view.apply(TranscriptCompleted(id="3", verdict=verdict, heard_ms=900, missing_ms=0, lines=1, **about))
        return transcript_of("m", {}, view, **how)

    def test_view_becomes_lines_and_gaps(self):
        made = self.heard("complete")
        assert made.lines == [line(1, 0, 900)]
        assert [(gap.from_ms, gap.cause) for gap in made.gaps] == [(0, "late")]

    def test_only_the_verdict_complete_counts_as_complete(self):
        assert [self.heard(verdict).complete for verdict in ("complete", "partial", "lost")] == [True, False, False]

    def test_meeting_under_way_is_not_complete(self):
        assert transcript_of("m", {}, MeetingView()).complete is False

    def test_words_are_left_out_unless_they_are_asked_for(self):
        (with_words,), (without,) = (self.heard("complete", with_words=wanted).lines for wanted in (True, False))
        word = TranscriptWord(text="hello", start_ms=0, end_ms=900, confidence=0.5)
        assert (with_words.words, without.words) == ([word], msgspec.UNSET)

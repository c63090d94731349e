"""The transcript by suffix and by Accept."""

import msgspec
import pytest

from shared.events import GapFound, Line, LineHeard, SpokenWord, TranscriptCompleted


def line(n: int, start_ms: int):
    words = [SpokenWord(text="line", start_ms=start_ms, end_ms=start_ms + 500, confidence=0.9)]
    about = {"participant_id": "100", "confidence": 0.9, "language": "en", "words": words}
    when = {"start_ms": start_ms, "end_ms": start_ms + 500}
    said = Line(id=f"l{n}", track="mixed", speaker="Ada", text=f"line {n}", **when, **about)
    return lambda meeting_id: LineHeard(id=f"h{n}", meeting_id=meeting_id, at=1, line=said)


async def test_json_holds_the_lines_by_time(fake_rig):
    meeting_id = await fake_rig.meeting(line(2, 5000), line(1, 0))
    transcript = await (await fake_rig.client.get(f"/meetings/{meeting_id}/transcript")).json()
    assert [said["id"] for said in transcript["lines"]] == ["l1", "l2"]
    who = {"speaker": "Ada", "participant_id": "100", "confidence": 0.9, "language": "en"}
    assert transcript["lines"][0] == {"id": "l1", "start_ms": 0, "end_ms": 500, "text": "line 1", **who}
    assert (transcript["gaps"], transcript["complete"]) == ([], False)


@pytest.mark.parametrize(
    ("suffix", "media_type", "start"),
    [
        ("json", "application/json", '{"meeting_id"'),
        ("txt", "text/plain", "[0:00:00] Ada"),
        ("md", "text/markdown", "# Transcript"),
        ("srt", "application/x-subrip", "1\n00:00:00,000"),
        ("vtt", "text/vtt", "WEBVTT"),
    ],
)
async def test_suffix_and_accept_give_the_same_file(fake_rig, suffix, media_type, start):
    meeting_id = await fake_rig.meeting(line(1, 0))
    by_suffix = await fake_rig.client.get(f"/meetings/{meeting_id}/transcript.{suffix}")
    by_accept = await fake_rig.client.get(f"/meetings/{meeting_id}/transcript", headers={"Accept": media_type})
    assert (by_suffix.status, by_suffix.content_type) == (200, media_type)
    assert (await by_suffix.text()).startswith(start)
    assert await by_accept.text() == await by_suffix.text()


@pytest.mark.parametrize(("asked", "shown"), [({}, False), ({"words": "false"}, False), ({"words": "true"}, True)])
async def test_words_come_only_when_they_are_asked_for(fake_rig, asked, shown):
    meeting_id = await fake_rig.meeting(line(1, 0))
    transcript = await (await fake_rig.client.get(f"/meetings/{meeting_id}/transcript", params=asked)).json()
    words = [{"text": "line", "start_ms": 0, "end_ms": 500, "confidence": 0.9}]
    assert transcript["lines"][0].get("words") == (words if shown else None)


async def test_words_that_are_neither_true_nor_false_name_the_field(fake_rig):
    meeting_id = await fake_rig.meeting()
    response = await fake_rig.client.get(f"/meetings/{meeting_id}/transcript", params={"words": "some"})
    assert (response.status, (await response.json())["errors"][0]["field"]) == (422, "words")


async def test_every_form_for_people_says_how_complete_it_is(fake_rig):
    about = {"verdict": "partial", "heard_ms": 204_200, "missing_ms": 4200, "lines": 1}
    meeting_id = await fake_rig.meeting(
        line(1, 0),
        lambda meeting_id: GapFound(
            id="g", meeting_id=meeting_id, at=1, track="mixed", from_ms=1000, to_ms=5200, cause="socket lost"
        ),
        lambda meeting_id: TranscriptCompleted(id="c", meeting_id=meeting_id, at=1, **about),
        **{"received:mixed": "204200", "committed:mixed": "204200"},
    )
    files = {}
    for suffix in ("json", "txt", "md"):
        files[suffix] = await (await fake_rig.client.get(f"/meetings/{meeting_id}/transcript.{suffix}")).text()
    sentence = "Partial: 3 min 20 s heard, 4.2 s are missing (marked in the transcript)."
    assert all(sentence in file for file in files.values())
    assert msgspec.json.decode(files["json"])["coverage"] == {
        "heard_s": 200.0,
        "missing_s": 4.2,
        "verdict": "partial",
        "gaps": 1,
        "summary": sentence,
    }


async def test_form_nobody_writes_is_refused(fake_rig):
    meeting_id = await fake_rig.meeting()
    assert (await fake_rig.client.get(f"/meetings/{meeting_id}/transcript.docx")).status == 404
    assert (
        await fake_rig.client.get(f"/meetings/{meeting_id}/transcript", headers={"Accept": "image/png"})
    ).status == 406


async def test_long_meeting_is_read_to_its_end(fake_rig):
    meeting_id = await fake_rig.meeting(*(line(n, n * 1000) for n in range(1201)))
    transcript = await (await fake_rig.client.get(f"/meetings/{meeting_id}/transcript")).json()
    assert [said["id"] for said in transcript["lines"]] == [f"l{n}" for n in range(1201)]

"""The transcript by suffix and by Accept."""

import pytest

from shared.events import Line, LineHeard


def line(n: int, start_ms: int):
    said = Line(id=f"l{n}", track="mixed", speaker="Ada", start_ms=start_ms, end_ms=start_ms + 500, text=f"line {n}")
    return lambda meeting_id: LineHeard(id=f"h{n}", meeting_id=meeting_id, at=1, line=said)


async def test_json_holds_the_lines_by_time(fake_rig):
    meeting_id = await fake_rig.meeting(line(2, 5000), line(1, 0))
    transcript = await (await fake_rig.client.get(f"/meetings/{meeting_id}/transcript")).json()
    assert [said["id"] for said in transcript["lines"]] == ["l1", "l2"]
    assert transcript["lines"][0] == {"id": "l1", "speaker": "Ada", "start_ms": 0, "end_ms": 500, "text": "line 1"}
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

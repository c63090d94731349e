"""How long each answer took, as a caller gets it."""

from shared.events import Asked, SentenceComposed, SpeechStarted


def asked(meeting_id: str) -> Asked:
    return Asked(id="a", meeting_id=meeting_id, at=10_000, question="When?", asked_by="Ann", via="api", question_id="q")


def composed(meeting_id: str) -> SentenceComposed:
    times = {"model_asked_at": 10_015, "first_token_at": 10_200, "text_at": 10_300}
    return SentenceComposed(
        id="s", cause_id="q", meeting_id=meeting_id, at=10_310, n=0, text="On Monday.", speak=True, **times
    )


def started(meeting_id: str) -> SpeechStarted:
    times = {"voice_asked_at": 10_320, "first_audio_at": 10_420, "turn_at": 10_600}
    return SpeechStarted(
        id="s/started",
        cause_id="s",
        meeting_id=meeting_id,
        at=10_606,
        text="On Monday.",
        duration_ms=900,
        first_audio_ms=110,
        **times,
    )


async def test_an_answer_shows_each_of_its_stages(fake_rig):
    meeting_id = await fake_rig.meeting(asked, composed, started)
    body = await (await fake_rig.client.get(f"/meetings/{meeting_id}/timings")).json()
    (answer,) = body["answers"]
    assert (answer["request_id"], answer["via"]) == ("q", "api")
    moments = [answer[name] for name in ("addressed_at", "model_asked_at", "first_token_at", "first_speech_at")]
    assert moments == [10_000, 10_015, 10_200, 10_420]
    assert (answer["whole_ms"], answer["own_ms"], answer["vendor_ms"], answer["waited_ms"]) == (606, 41, 385, 180)


async def test_a_meeting_without_spoken_answers_has_none(fake_rig):
    meeting_id = await fake_rig.meeting(asked)
    assert (await (await fake_rig.client.get(f"/meetings/{meeting_id}/timings")).json())["answers"] == []


async def test_nobody_learns_whether_there_was_such_a_meeting(fake_rig):
    answer = await fake_rig.client.get(f"/meetings/m-00-{'a' * 20}/timings")
    assert answer.status == 404

"""The assistant's own words, come back through a loudspeaker, are nobody's line."""

from heard_meetings import Meeting
from support import eventually, facts_of

from shared.events import SpeechFinished, SpeechStarted
from transcriber.own_voice import OwnVoice
from transcriber.ports import Word

ORIGIN = 1_000_000
SAID = "n10 n11 n12 n13 n14 n15 n16 n17 n18 n19"
"""What the scripted engine hears from 2 to 4 s."""


def speech(meeting_id: str, begins_ms: int, ends_ms: int) -> tuple[SpeechStarted, SpeechFinished]:
    started = SpeechStarted(
        id="st",
        cause_id="s",
        meeting_id=meeting_id,
        at=ORIGIN + begins_ms,
        text=SAID,
        duration_ms=2_000,
        first_audio_ms=5,
    )
    return started, SpeechFinished(id="fi", cause_id="s", meeting_id=meeting_id, at=ORIGIN + ends_ms)


async def test_an_echo_is_no_line_and_its_audio_counts_as_heard(meeting: Meeting) -> None:
    await meeting.bus.redis.hset(meeting.keys.state, "origin", ORIGIN)
    await meeting.tell(*speech(meeting.id, 1_700, 3_700))
    async with meeting.heard():
        await meeting.play(0, 6_000)
        await meeting.end(6_000)
        await eventually(meeting.verdict)
    assert [(line.start_ms, line.end_ms) for line in await meeting.lines()] == [(0, 2_000), (4_000, 6_000)]
    assert await meeting.verdict() == "complete"
    assert (await meeting.bus.state(meeting.id))["committed:mixed"] == "6000"


async def test_what_people_say_after_it_is_theirs(meeting: Meeting) -> None:
    await meeting.bus.redis.hset(meeting.keys.state, "origin", ORIGIN)
    await meeting.tell(*speech(meeting.id, -9_000, -7_000))
    async with meeting.heard():
        await meeting.play(0, 6_000)
        await meeting.end(6_000)
        await eventually(meeting.verdict)
    assert len(await meeting.lines()) == 3
    assert len([fact for fact in await facts_of(meeting.bus, meeting.id) if fact.id in {"st", "fi"}]) == 2


def test_where_nobody_knows_when_the_sound_began_nothing_is_dropped() -> None:
    voice, words = OwnVoice(), [Word(text, 2_000 + 200 * n, 2_200 + 200 * n) for n, text in enumerate(SAID.split())]
    for fact in speech("m", 2_000, 4_000):
        voice.note(fact)
    assert len(voice.without_echo(words, 0)) == 10
    assert voice.without_echo(words, ORIGIN) == ()


def test_an_echo_may_come_while_it_still_speaks() -> None:
    voice, words = OwnVoice(), [Word(text, 2_000 + 200 * n, 2_200 + 200 * n) for n, text in enumerate(SAID.split())]
    voice.note(speech("m", 1_900, 3_900)[0])
    assert voice.without_echo(words[:5], ORIGIN) == ()

from shared.events import Asked, Event, Line, LineHeard, SentenceComposed, SpeechStarted
from shared.stages import all_stages, stages_of

LINE = Line(id="l", track="mixed", speaker="Ann", start_ms=0, end_ms=900, text="Chime, when?")
HEARD = LineHeard(id="m/l", meeting_id="m", at=10_800, line=LINE, final_after_ms=800)


def answered(question_id: str) -> list[Event]:
    """Noticed after 5 ms, the model asked after 15, 300 ms for a sentence; 20 ms to the voice, which takes 100 ms."""
    return [
        Asked(
            id="a", meeting_id="m", at=10_805, question="When?", asked_by="Ann", via="voice", question_id=question_id
        ),
        SentenceComposed(
            id="s",
            cause_id=question_id,
            meeting_id="m",
            at=11_130,
            n=0,
            text="On Monday.",
            speak=True,
            model_asked_at=10_820,
            text_at=11_120,
        ),
        SpeechStarted(
            id="s/started",
            cause_id="s",
            meeting_id="m",
            at=11_446,
            text="On Monday.",
            duration_ms=900,
            first_audio_ms=110,
            voice_asked_at=11_140,
            first_audio_at=11_240,
            turn_at=11_440,
        ),
    ]


def test_a_question_in_the_meeting_is_counted_from_its_last_word() -> None:
    stages = stages_of([HEARD, *answered("m/l/question")], "m/l/question")
    assert stages
    assert stages.whole_ms == 1_446
    assert stages.vendor_ms == 800 + 300 + 100
    assert stages.waited_ms == 200
    assert stages.own_ms == 20 + 20 + 6
    assert stages.whole_ms == stages.vendor_ms + stages.own_ms + stages.waited_ms


def test_a_question_over_http_is_counted_from_its_taking() -> None:
    stages = stages_of(answered("q"), "q")
    assert stages
    assert (stages.whole_ms, stages.own_ms) == (641, 15 + 20 + 6)


def test_an_answer_that_is_not_said_yet_has_no_stages() -> None:
    assert stages_of([HEARD, *answered("q")[:2]], "q") is None


def test_the_speech_of_another_answer_does_not_count() -> None:
    assert stages_of(answered("other"), "q") is None


def test_the_parts_of_an_answer_add_up_to_the_whole() -> None:
    stages = stages_of([HEARD, *answered("m/l/question")], "m/l/question")
    assert stages
    assert sum(stages.parts_ms.values()) == stages.whole_ms
    assert stages.parts_ms["addressing"] == 20


def test_every_answer_of_a_meeting_is_told_once() -> None:
    facts = [HEARD, *answered("m/l/question"), *answered("m/l/question")[2:]]
    assert [stages.question_id for stages in all_stages(facts)] == ["m/l/question"]

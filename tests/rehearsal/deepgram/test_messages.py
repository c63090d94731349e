import msgspec
from multidict import MultiDict

from rehearsal.deepgram.ears import HeardWords, TimedWord
from rehearsal.deepgram.messages import Message, Narrator
from rehearsal.deepgram.options import DeepgramFaults
from rehearsal.deepgram.query import wanted_of

ON = {"interim_results": "true", "smart_format": "true", "vad_events": "true", "utterance_end_ms": "1000"}
HELLO = TimedWord("Hello,", 100, 300, 0.9, 4, "en")
MONDE = TimedWord("monde!", 400, 600, 0.7, 2, "fr")


def narrator(faults: DeepgramFaults | None = None, *, renumbers_speakers: bool = True, **query: str) -> Narrator:
    wanted = wanted_of(MultiDict({"model": "nova-3", **ON, **query}))
    return Narrator(wanted, "r-1", faults or DeepgramFaults(), renumbers_speakers=renumbers_speakers)


def heard(*words: TimedWord, until_ms: int, is_final: bool = True, speech_final: bool = False) -> HeardWords:
    return HeardWords(words=words, until_ms=until_ms, is_final=is_final, speech_final=speech_final)


def told(narrator: Narrator, *results: HeardWords) -> list[Message]:
    return [message for result in results for message in narrator.tell(result)]


def kinds(messages: list[Message]) -> list[str]:
    return [message["type"] for message in messages]


def first_words(messages: list[Message]) -> list[Message]:
    return next(m for m in messages if m["type"] == "Results")["channel"]["alternatives"][0]["words"]


def test_a_result_has_exactly_the_documented_fields() -> None:
    messages = told(narrator(diarize="true"), heard(HELLO, until_ms=500, speech_final=True))
    assert messages == [
        {"type": "SpeechStarted", "channel": [0], "timestamp": 0.1},
        {
            "type": "Results",
            "channel_index": [0, 1],
            "start": 0.0,
            "duration": 0.5,
            "is_final": True,
            "speech_final": True,
            "from_finalize": False,
            "channel": {
                "alternatives": [
                    {
                        "transcript": "Hello,",
                        "confidence": 0.9,
                        "words": [
                            {
                                "word": "hello",
                                "punctuated_word": "Hello,",
                                "start": 0.1,
                                "end": 0.3,
                                "confidence": 0.9,
                                "speaker": 0,
                            }
                        ],
                    }
                ]
            },
            "metadata": messages[1]["metadata"],
        },
    ]
    assert messages[1]["metadata"]["request_id"] == "r-1"
    assert messages[1]["metadata"]["model_info"]["arch"] == "nova-3"
    assert messages[1]["metadata"]["diarize_info"]["arch"] == "v1"


def test_interims_start_where_the_last_final_ended() -> None:
    messages = told(
        narrator(),
        heard(HELLO, until_ms=350),
        heard(MONDE, until_ms=500, is_final=False),
        heard(MONDE, until_ms=700),
    )
    results = [m for m in messages if m["type"] == "Results"]
    assert [(m["start"], m["duration"], m["is_final"]) for m in results] == [
        (0.0, 0.35, True),
        (0.35, 0.15, False),
        (0.35, 0.35, True),
    ]


def test_without_interim_results_only_finals_are_told() -> None:
    quiet = narrator(interim_results="false", vad_events="false")
    messages = told(quiet, heard(HELLO, until_ms=400, is_final=False), heard(HELLO, until_ms=500))
    assert [m["is_final"] for m in messages] == [True]


def test_without_formatting_words_are_bare() -> None:
    messages = told(narrator(smart_format="false"), heard(HELLO, MONDE, until_ms=600))
    assert messages[1]["channel"]["alternatives"][0]["transcript"] == "hello monde"
    assert "punctuated_word" not in first_words(messages)[0]


def test_languages_are_told_only_where_there_are_several() -> None:
    result = heard(HELLO, MONDE, MONDE, until_ms=600)
    one, many = told(narrator(), result)[1], told(narrator(language="multi"), result)[1]
    assert "languages" not in one["channel"]["alternatives"][0]
    assert "language" not in first_words([one])[0]
    assert many["channel"]["alternatives"][0]["languages"] == ["fr", "en"]
    assert [word["language"] for word in first_words([many])] == ["en", "fr", "fr"]


def test_speakers_are_told_only_where_they_are_asked_for() -> None:
    messages = told(narrator(), heard(HELLO, until_ms=600))
    assert "speaker" not in first_words(messages)[0]
    assert "diarize_info" not in messages[1]["metadata"]


def test_speakers_are_numbered_as_they_come_or_as_the_ears_say() -> None:
    result = heard(HELLO, MONDE, HELLO, until_ms=600)
    as_they_come = told(narrator(diarize_model="latest"), result)
    as_heard = told(narrator(diarize_model="latest", renumbers_speakers=False), result)
    assert [word["speaker"] for word in first_words(as_they_come)] == [0, 1, 0]
    assert [word["speaker"] for word in first_words(as_heard)] == [4, 2, 4]


def test_speech_starts_once_an_utterance() -> None:
    messages = told(
        narrator(),
        heard(HELLO, until_ms=500, is_final=False),
        heard(HELLO, until_ms=600, speech_final=True),
        heard(MONDE, until_ms=700),
    )
    assert kinds(messages) == ["SpeechStarted", "Results", "Results", "SpeechStarted", "Results"]


def test_an_utterance_ends_once_after_a_gap_behind_its_last_final_word() -> None:
    messages = told(
        narrator(),
        heard(HELLO, until_ms=500),
        heard(until_ms=1299, is_final=False),
        heard(until_ms=1300, is_final=False),
        heard(until_ms=3000),
    )
    assert kinds(messages) == ["SpeechStarted", "Results", "Results", "Results", "UtteranceEnd", "Results"]
    assert messages[4] == {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": 0.3}


def test_words_that_are_not_final_yet_close_the_gap() -> None:
    messages = told(narrator(), heard(HELLO, until_ms=500), heard(MONDE, until_ms=2000, is_final=False))
    assert "UtteranceEnd" not in kinds(messages)


def test_no_gap_is_told_that_was_not_asked_for() -> None:
    wanted = wanted_of(MultiDict({"interim_results": "true"}))
    messages = told(
        Narrator(wanted, "r-1", DeepgramFaults(), renumbers_speakers=True),
        heard(HELLO, until_ms=500),
        heard(until_ms=9000),
    )
    assert kinds(messages) == ["Results", "Results"]


def test_the_answer_to_finalize_says_so_unless_the_fault_is_on() -> None:
    flushed = msgspec.structs.replace(heard(HELLO, until_ms=500), is_flushed=True)
    honest, forgetful = narrator(), narrator(DeepgramFaults(ignores_finalize=True))
    assert told(honest, flushed)[1]["from_finalize"] is True
    assert told(forgetful, flushed)[1]["from_finalize"] is False


def test_the_end_of_an_utterance_may_come_twice_after_speech_final() -> None:
    messages = told(narrator(DeepgramFaults(repeats_utterance_end=True)), heard(HELLO, until_ms=500, speech_final=True))
    assert kinds(messages) == ["SpeechStarted", "Results", "UtteranceEnd", "UtteranceEnd"]

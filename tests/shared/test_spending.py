import pytest

from shared.errors import ConfigError
from shared.events import (
    BotJoined,
    Brief,
    BriefWritten,
    ChapterNoted,
    Line,
    LineHeard,
    MeetingStateChanged,
    QuestionAnswered,
    SpeechStarted,
    TranscriptCompleted,
    Usage,
)
from shared.spending import ModelPrice, Prices, load_prices, spending_of
from shared.view import MeetingView

PRICES = Prices(
    bot_per_hour={"recall": 0.6},
    transcription_per_minute={"deepgram": 0.01},
    voice_per_1000_characters={"deepgram": 0.03},
    models={"m": ModelPrice(input=2.0, cached=0.5, output=8.0)},
)
COMMON = {"meeting_id": "m-1"}


def usage(model: str = "m", prompt: int = 1000, cached: int = 400, completion: int = 100) -> Usage:
    return Usage(model=model, prompt_tokens=prompt, cached_tokens=cached, completion_tokens=completion)


def heard(track: str, from_ms: int, to_ms: int) -> LineHeard:
    line = Line(id=f"{track}-{from_ms}", track=track, speaker="A", start_ms=from_ms, end_ms=to_ms, text="x")
    return LineHeard(id=f"h-{track}-{from_ms}", at=1, line=line, **COMMON)


def seen(*facts: object) -> MeetingView:
    view = MeetingView()
    for fact in facts:
        view.apply(fact)
    return view


def answered(number: int, used: Usage) -> QuestionAnswered:
    return QuestionAnswered(
        id=f"a{number}", at=1, cause_id=f"q{number}", question="?", asked_by="", answer="!", cites=[], spoken=True,
        usage=used, **COMMON,
    )  # fmt: skip


def test_tokens_are_summed_with_those_from_the_cache_apart() -> None:
    brief = Brief(title="", summary="", key_points=[], decisions=[], action_items=[], open_questions=[], made_by="m")
    view = seen(
        answered(1, usage()),
        answered(1, usage()),
        BriefWritten(id="b", at=1, brief=brief, usage=usage(), **COMMON),
        ChapterNoted(id="c", at=1, n=0, line_ids=[], points=[], usage=usage(), **COMMON),
    )
    spent = spending_of(view, "", PRICES, 0)
    assert (spent.prompt_tokens, spent.cached_tokens, spent.completion_tokens) == (3000, 1200, 300)
    assert spent.usd == pytest.approx(3 * (600 * 2 + 400 * 0.5 + 100 * 8) / 1e6)


def test_a_bot_costs_from_when_it_was_taken_until_the_end() -> None:
    joined = BotJoined(id="j", at=1_000_000, bot_id="b", **COMMON)
    assert spending_of(seen(joined), "", PRICES, 1_000_000 + 1_800_000).usd_by == {"bot": 0.3}
    ended = MeetingStateChanged(id="e", at=1_000_000 + 600_000, status="ended", **COMMON)
    spent = spending_of(seen(joined, ended), "", PRICES, 99_999_999)
    assert (spent.bot_minutes, spent.usd) == (10.0, 0.1)


def test_one_mixed_track_is_heard_all_the_time() -> None:
    view = seen(heard("mixed", 0, 1_000), heard("mixed", 300_000, 360_000))
    assert spending_of(view, "deepgram", PRICES, 0).transcribed_minutes == 6.0
    view.apply(TranscriptCompleted(id="t", at=1, verdict="complete", heard_ms=600_000, missing_ms=0, lines=2, **COMMON))
    assert spending_of(view, "deepgram", PRICES, 0).usd == pytest.approx(0.1)


def test_tracks_of_their_own_while_somebody_speaks() -> None:
    view = seen(heard("p-1", 0, 28_500), heard("p-2", 300_000, 328_500))
    assert spending_of(view, "deepgram", PRICES, 0).transcribed_minutes == 1.0


def test_what_runs_here_is_free_and_what_has_no_price_is_named() -> None:
    spoken = {"at": 1, "text": "x" * 2000, "duration_ms": 1, "first_audio_ms": 1, **COMMON}
    view = seen(
        heard("mixed", 0, 60_000),
        SpeechStarted(id="s1", voice="deepgram", **spoken),
        SpeechStarted(id="s2", voice="embedded", **spoken),
        SpeechStarted(id="s3", voice="openai", **spoken),
        answered(1, usage("new-model")),
        answered(2, Usage(model="embedded")),
    )
    spent = spending_of(view, "embedded: whisper", PRICES, 0)
    assert spent.usd_by == {"voice": 0.06}
    assert spent.characters_spoken == 6000
    assert spent.unpriced == ["model new-model", "voice openai"]


def test_a_dated_version_has_the_price_of_its_model() -> None:
    assert PRICES.model("m-2026-01-01") == PRICES.models["m"]
    assert PRICES.model("m-mini") is None


def test_the_shipped_table_can_be_read() -> None:
    assert load_prices("").bot_per_hour["recall"] == 0.5


@pytest.mark.parametrize("content", ["not toml [", "[models.x]\ninput = 1", "[cars]\nred = 1"])
def test_a_table_that_cannot_be_read_says_why(tmp_path, content: str) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(content)
    with pytest.raises(ConfigError) as refused:
        load_prices(str(path))
    assert "PRICES_FILE" in str(refused.value)


def test_a_table_that_is_not_there_says_so() -> None:
    with pytest.raises(ConfigError):
        load_prices("/nowhere/prices.toml")

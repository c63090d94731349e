"""Traces where they are off, and where they cannot be had."""

import sys

import pytest

from shared.errors import ConfigError
from shared.tracing import OPEN, Tracing, new_trace, trace_id_of

TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


def test_where_tracing_is_off_what_came_goes_on() -> None:
    tracing = Tracing()
    tracing.begin("brain", "")
    with tracing.span("anything", TRACE, meeting_id="m") as trace:
        assert trace == TRACE
        assert OPEN.get() == ""


def test_without_the_extra_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(ConfigError, match=r"chimein\[otel\]"):
        Tracing().begin("brain", "http://127.0.0.1:4318")


def test_a_collector_that_is_away_holds_up_nobody() -> None:
    tracing = Tracing()
    tracing.begin("brain", "http://127.0.0.1:9")
    with tracing.span("anything", TRACE) as trace:
        assert trace.startswith(TRACE[:36])
        assert new_trace() == trace
    assert new_trace() != trace


def test_a_log_line_shows_the_id_that_spans_have() -> None:
    assert trace_id_of(TRACE) == "a" * 32
    assert trace_id_of("") == ""

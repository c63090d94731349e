"""The ledger of a meeting's audio, and how complete its transcript is. Pure."""

from collections.abc import Mapping, Sequence

from gateway.contract import CoverageGap, CoverageSummary, TrackCoverage
from shared import streams
from shared.events import GapFound
from shared.meetings import FINAL, OFF_THE_RECORD
from shared.view import MeetingView

State = Mapping[str, str]
"""A meeting's state hash."""
Span = tuple[int, int]
"""Start and end in ms."""


# -- track by track ------------------------------------------------------------------------------------------------


def tracks_of(state: State, view: MeetingView) -> list[TrackCoverage]:
    """Every track that audio came of, or should have come of."""
    return [track_of(track, state, view) for track in track_names(state, view)]


def track_names(state: State, view: MeetingView) -> list[str]:
    prefixes = (streams.RECEIVED, streams.COMMITTED)
    named = {name.partition(":")[2] for name in state if name.startswith(prefixes)}
    return sorted(named | {gap.track for gap in view.gaps})


def track_of(track: str, state: State, view: MeetingView) -> TrackCoverage:
    gaps = [gap for gap in view.gaps if gap.track == track]
    missing = united(gaps)
    lost = united([gap for gap in gaps if gap.cause != OFF_THE_RECORD])
    sent_ms, committed_ms = number(state, streams.SENT + track), number(state, streams.COMMITTED + track)
    received_ms = present_ms(received_end_ms(track, state), missing)
    return TrackCoverage(
        track=track,
        participant=view.participants_ever.get(track),
        received_s=max(received_ms, sent_ms) / 1000,
        sent_s=sent_ms / 1000,
        returned_s=number(state, streams.RETURNED + track) / 1000,
        committed_s=present_ms(committed_ms, missing) / 1000,
        missing_s=length_ms(lost) / 1000,
        gaps=[CoverageGap(from_s=gap.from_ms / 1000, to_s=gap.to_ms / 1000, cause=gap.cause) for gap in gaps],
    )


def received_end_ms(track: str, state: State) -> int:
    """`received` is told once a second; what is committed was received too."""
    return max(number(state, streams.RECEIVED + track), number(state, streams.COMMITTED + track))


def number(state: State, field: str) -> int:
    """0 also for the -1 of a track nothing is committed of."""
    return max(0, int(state.get(field, 0)))


def united(gaps: Sequence[GapFound]) -> list[Span]:
    """By start, with no ms in two of them: one worker may tell a gap, and its successor more of it."""
    spans: list[Span] = []
    for gap in sorted(gaps, key=gap_start_of):
        start_ms = max(gap.from_ms, spans[-1][1]) if spans else gap.from_ms
        if gap.to_ms > start_ms:
            spans.append((start_ms, gap.to_ms))
    return spans


def gap_start_of(gap: GapFound) -> int:
    return gap.from_ms


def length_ms(spans: Sequence[Span]) -> int:
    return sum(end - start for start, end in spans)


def present_ms(end_ms: int, missing: Sequence[Span]) -> int:
    """How much of the time until `end_ms` is not missing."""
    return end_ms - sum(max(0, min(end, end_ms) - start) for start, end in missing)


# -- the whole -----------------------------------------------------------------------------------------------------


def coverage_of(tracks: Sequence[TrackCoverage], view: MeetingView) -> CoverageSummary:
    heard_s = max((track.received_s for track in tracks), default=0.0)
    missing_s = round(sum(track.missing_s for track in tracks), 3)
    verdict = view.completed.verdict if view.completed else None
    return CoverageSummary(
        heard_s=heard_s,
        missing_s=missing_s,
        verdict=verdict,
        gaps=len(view.gaps),
        summary=sentence_of(heard_s, missing_s, verdict, is_over=view.status in FINAL),
    )


def lag_s_of(tracks: Sequence[TrackCoverage]) -> float:
    """By how much the slowest track is behind."""
    return round(max((track.received_s - track.committed_s for track in tracks), default=0.0), 3)


def sentence_of(heard_s: float, missing_s: float, verdict: str | None, *, is_over: bool) -> str:
    """For people: what was heard, and what is missing."""
    if verdict == "lost" or (heard_s == 0 and is_over):
        return "Lost: no sound of this meeting ever came."
    if heard_s == 0:
        return "So far: nothing heard yet."
    begin = verdict.capitalize() if verdict else "So far"
    missing = f"{duration(missing_s)} are missing (marked in the transcript)" if missing_s else "nothing missing"
    silent = ", nobody spoke" if verdict == "silent" else ""
    return f"{begin}: {duration(heard_s)} heard{silent}, {missing}."


def duration(seconds: float) -> str:
    """As people say it: `4.2 s`, `3 min 20 s`, `1 h 5 min`."""
    if seconds < 60:
        return f"{round(seconds, 1):g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"

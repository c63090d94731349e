"""What is remembered of writes, and for how long."""

from shared.recent_writes import KEPT_MS, Probe, RecentWrite, RecentWrites


def write(at_ms: int) -> RecentWrite:
    return RecentWrite(at_ms, Probe("stream", b"%d-0" % at_ms, b"body"), nothing)


async def nothing() -> None:
    """Does nothing again."""


def test_only_the_last_seconds_are_remembered() -> None:
    recent = RecentWrites()
    for at_ms in (0, 5_000, KEPT_MS + 1):
        recent.add(write(at_ms))
    assert [one.at_ms for one in recent.take()] == [5_000, KEPT_MS + 1]


def test_what_was_taken_is_gone_until_it_is_put_back_in_order() -> None:
    recent = RecentWrites()
    recent.add(write(1))
    taken = recent.take()
    recent.add(write(2))
    recent.put_back(taken)
    assert [one.at_ms for one in recent.take()] == [1, 2]
    assert recent.take() == []

"""What is kept of a track, and for how long."""

from ingest.grid import Chunk
from ingest.outbox import Outbox


def chunks(first: int, count: int) -> list[Chunk]:
    return [Chunk(n * 100, b"x") for n in range(first, first + count)]


def test_what_was_put_is_unsent_until_it_is_acknowledged() -> None:
    outbox = Outbox()
    outbox.put(chunks(0, 3))
    outbox.acknowledge(2)
    assert outbox.unsent(1000) == chunks(2, 1)


def test_after_a_loss_the_last_seconds_are_unsent_again() -> None:
    outbox = Outbox(ring_ms=500)
    outbox.put(chunks(0, 20))
    outbox.acknowledge(20)
    outbox.rewind()
    assert outbox.unsent(1000) == chunks(15, 5)


def test_unacknowledged_chunks_outlive_the_ring() -> None:
    outbox = Outbox(ring_ms=500)
    outbox.put(chunks(0, 50))
    assert len(outbox.unsent(1000)) == 50


def test_at_the_cap_the_oldest_go_and_are_counted() -> None:
    outbox = Outbox(ring_ms=500, cap_ms=1000)
    outbox.put(chunks(0, 25))
    assert outbox.unsent(1000) == chunks(15, 10)
    assert outbox.dropped == 15


def test_acknowledged_chunks_go_before_unsent_ones_at_the_cap() -> None:
    outbox = Outbox(ring_ms=500, cap_ms=1000)
    outbox.put(chunks(0, 5))
    outbox.acknowledge(5)
    outbox.put(chunks(5, 10))
    assert outbox.unsent(1000) == chunks(5, 10)


def test_what_is_doubted_is_not_empty_until_redis_has_answered() -> None:
    outbox = Outbox()
    outbox.doubt()
    assert outbox.is_empty
    outbox.put(chunks(0, 1))
    outbox.acknowledge(1)
    outbox.doubt()
    assert (outbox.is_empty, outbox.unsent(1000)) == (False, [])
    outbox.acknowledge(0)
    assert outbox.is_empty


def test_the_oldest_go_first_where_not_all_can_go() -> None:
    outbox = Outbox()
    outbox.put(chunks(0, 30))
    assert outbox.unsent(10) == chunks(0, 10)
    outbox.acknowledge(10)
    assert outbox.unsent(10) == chunks(10, 10)

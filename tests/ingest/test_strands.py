"""After a beginning or a hole, a socket lets the other one go first."""

from ingest.strands import Strand
from shared.streams import CHUNK_BYTES

CHUNK = bytes([7]) * CHUNK_BYTES


def times(chunks):
    return [chunk.source_ms for chunk in chunks]


def test_a_meeting_heard_from_its_first_sample_waits_for_nobody():
    assert times(Strand(1000).push(0, CHUNK, 0)) == [0]


def test_who_comes_later_rests():
    strand = Strand(1000)
    assert [times(strand.push(at, CHUNK, at)) for at in (300, 400, 500)] == [[], [], []]


def test_what_rested_comes_in_order_when_the_time_is_over():
    strand = Strand(1000)
    chunks = [chunk for at in range(300, 1500, 100) for chunk in strand.push(at, CHUNK, at)]
    assert times(chunks) == list(range(300, 1500, 100))
    assert times(strand.push(1500, CHUNK, 1500)) == [1500]


def test_a_hole_makes_it_rest_again():
    strand = Strand(1000)
    strand.push(0, CHUNK, 0)
    assert times(strand.push(5000, CHUNK, 5000)) == []
    assert times(strand.flush()) == [5000]


def test_a_single_socket_never_rests():
    strand = Strand(0)
    assert times(strand.push(340, CHUNK, 340)) == [300]


def test_the_end_brings_what_rested_and_what_is_unfinished():
    strand = Strand(1000)
    strand.push(300, CHUNK, 300)
    strand.push(400, CHUNK[: CHUNK_BYTES // 2], 400)
    assert times(strand.flush()) == [300, 400]

"""The grid: whatever frames a track comes in, the chunks are the signal on 100 ms lines."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.grid import Chunk, Grid
from shared.streams import CHUNK_BYTES

SECOND = 32_000
"""Bytes."""


def signal(size: int) -> bytes:
    """Bytes that tell their place."""
    return bytes((n * 7 + n // 251) % 256 for n in range(size))


def cut(pcm: bytes, sizes: list[int]) -> list[tuple[float, bytes]]:
    """Frames of these sizes, the last one again and again, with the exact time of each first sample."""
    frames, at = [], 0
    while at < len(pcm):
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        frames.append((at / SECOND, pcm[at : at + size]))
        at += size
    return frames


def through(grid: Grid, frames: list[tuple[float, bytes]]) -> list[Chunk]:
    return [chunk for at_s, pcm in frames for chunk in grid.push(at_s, pcm)] + grid.flush()


def times(chunks: list[Chunk]) -> list[int]:
    return [chunk.source_ms for chunk in chunks]


@given(st.lists(st.integers(1, 3000).map(lambda n: 2 * n), min_size=1, max_size=20))
def test_any_cutting_of_a_signal_gives_the_signal_on_the_grid(sizes: list[int]) -> None:
    pcm = signal(SECOND)
    chunks = through(Grid(), cut(pcm, sizes))
    assert b"".join(chunk.pcm for chunk in chunks) == pcm
    assert times(chunks) == list(range(0, 1000, 100))


def test_two_sockets_with_different_frames_make_the_same_chunks() -> None:
    pcm = signal(SECOND)
    assert through(Grid(), cut(pcm, [640])) == through(Grid(), cut(pcm, [1066]))


def test_a_sample_split_between_two_frames_is_whole_again() -> None:
    pcm = signal(SECOND)
    assert b"".join(chunk.pcm for chunk in through(Grid(), cut(pcm, [641, 639]))) == pcm


def test_jitter_of_the_clock_is_no_gap() -> None:
    pcm = signal(SECOND)
    frames = [(at_s + (0.03 if n % 2 else -0.03) * (n > 0), part) for n, (at_s, part) in enumerate(cut(pcm, [640]))]
    assert b"".join(chunk.pcm for chunk in through(Grid(), frames)) == pcm


def test_a_gap_shows_in_the_times() -> None:
    chunks = through(Grid(), [(0.0, bytes(CHUNK_BYTES)), (1.0, bytes(CHUNK_BYTES))])
    assert times(chunks) == [0, 1000]


def test_what_comes_after_a_gap_keeps_its_place_within_its_chunk() -> None:
    _, chunk = through(Grid(), [(0.0, bytes(CHUNK_BYTES)), (1.05, b"\1\0" * 800)])
    assert chunk == Chunk(1000, bytes(1600) + b"\1\0" * 800)


def test_audio_before_a_gap_is_filled_up_with_silence() -> None:
    first, _ = through(Grid(), [(0.0, b"\1\0" * 320), (1.0, bytes(CHUNK_BYTES))])
    assert first == Chunk(0, b"\1\0" * 320 + bytes(CHUNK_BYTES - 640))


def test_audio_that_is_sent_again_is_dropped() -> None:
    pcm, grid = signal(SECOND), Grid()
    once = through(grid, cut(pcm, [640]))
    assert through(grid, cut(pcm[: SECOND // 2], [640])) == []
    assert len(once) == 10


def test_a_frame_that_overlaps_what_was_there_adds_only_its_end() -> None:
    pcm = signal(2 * CHUNK_BYTES)
    chunks = through(Grid(), [(0.0, pcm[:CHUNK_BYTES]), (0.0, pcm)])
    assert b"".join(chunk.pcm for chunk in chunks) == pcm


def test_a_track_may_begin_anywhere() -> None:
    first, *_ = through(Grid(), [(5.05, b"\1\0" * 1600)])
    assert first.source_ms == 5000
    assert first.pcm[:1600] == bytes(1600)
    assert first.pcm[1600:] == b"\1\0" * 800


def test_an_empty_frame_changes_nothing() -> None:
    assert through(Grid(), [(0.0, b"")]) == []

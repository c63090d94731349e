"""What passes for a chunk."""

import pytest

from shared.bus import Entry
from shared.streams import CHUNK_BYTES
from transcriber.chunks import chunks_in

WHOLE = b"\x01\x00" * (CHUNK_BYTES // 2)


def test_chunks_come_with_their_source_time() -> None:
    assert list(chunks_in([Entry(b"0-1", {b"pcm": WHOLE}), Entry(b"100-1", {b"pcm": WHOLE[:640]})])) == [
        (0, WHOLE),
        (100, WHOLE[:640]),
    ]


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(Entry(b"100-1", {}), id="no sound"),
        pytest.param(Entry(b"100-1", {b"pcm": b""}), id="empty"),
        pytest.param(Entry(b"100-1", {b"pcm": WHOLE + b"\x01\x00"}), id="too long"),
        pytest.param(Entry(b"100-1", {b"pcm": b"\x01"}), id="half a sample"),
        pytest.param(Entry(b"100-2", {b"pcm": WHOLE}), id="twice the same time"),
    ],
)
def test_what_is_no_chunk_is_passed_over(entry: Entry) -> None:
    good = Entry(b"200-1", {b"pcm": WHOLE})
    assert list(chunks_in([entry, good])) == [(200, WHOLE)]

"""What an entry of an audio stream holds. What is no chunk of ours is passed over: its neighbours are well."""

from collections.abc import Iterable, Iterator

from shared.bus import Entry
from shared.streams import CHUNK_BYTES, PCM, source_ms_of
from transcriber import metrics

SEQUENCE = b"-1"
"""How the IDs of our chunks end: two entries of one time would be heard twice."""


def chunks_in(entries: Iterable[Entry]) -> Iterator[tuple[int, bytes]]:
    """Source time and sound of each."""
    for entry in entries:
        if pcm := pcm_of(entry):
            yield source_ms_of(entry.id), pcm


def pcm_of(entry: Entry) -> bytes:
    """Its sound; empty where it is no chunk."""
    pcm = entry.fields.get(PCM, b"")
    if not pcm or len(pcm) > CHUNK_BYTES or len(pcm) % 2 or not entry.id.endswith(SEQUENCE):
        metrics.chunks_unreadable.inc()
        return b""
    return pcm

"""What the transcriber counts."""

from prometheus_client import Counter, Histogram

from shared.metrics import HOP_BUCKETS

lines = Counter("chimein_transcriber_lines_total", "Final lines committed")
gap_ms = Counter("chimein_transcriber_gap_ms_total", "Milliseconds of audio that never came")
final_after = Histogram(
    "chimein_transcriber_final_seconds", "From the end of an utterance's audio to its line", buckets=HOP_BUCKETS
)
caption_after = Histogram(
    "chimein_transcriber_caption_seconds", "From the end of a caption's audio to the caption", buckets=HOP_BUCKETS
)
commit = Histogram(
    "chimein_transcriber_commit_seconds", "From an engine's final result to the timeline", buckets=HOP_BUCKETS
)
engine_failures = Counter("chimein_transcriber_engine_failures_total", "Engine streams that broke", ["category"])
troubles = Counter("chimein_transcriber_troubles_total", "Times that words were late or missing", ["trouble"])
echoed_words = Counter("chimein_transcriber_echoed_words_total", "Words left out because they were the assistant's own")
chunks_unreadable = Counter(
    "chimein_transcriber_chunks_unreadable_total", "Entries of audio streams that are no chunks"
)

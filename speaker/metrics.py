"""What the speaker counts."""

from prometheus_client import Counter, Histogram

from shared.metrics import HOP_BUCKETS

sentences = Counter("chimein_speaker_sentences_total", "Sentences by outcome: finished or cut", ["outcome"])
first_audio = Histogram(
    "chimein_speaker_first_audio_seconds",
    "From a composed sentence to the first sound of the voice",
    buckets=HOP_BUCKETS,
)

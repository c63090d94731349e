"""What the speaker counts."""

from prometheus_client import Counter, Histogram

from shared.metrics import HOP_BUCKETS
from shared.stages import Stages

sentences = Counter("chimein_speaker_sentences_total", "Sentences by outcome: finished or cut", ["outcome"])
first_audio = Histogram(
    "chimein_speaker_first_audio_seconds",
    "From a composed sentence to the first sound of the voice",
    buckets=HOP_BUCKETS,
)
answer_stage = Histogram(
    "chimein_answer_stage_seconds",
    "Of each answer that is said: hearing, addressing, model, composing, voice, waiting, handing",
    ["stage"],
    buckets=HOP_BUCKETS,
)
answer_own = Histogram(
    "chimein_answer_own_seconds",
    "Of each answer that is said: what is chimein's own, from the final line to the first sound handed over",
    buckets=HOP_BUCKETS,
)
answer_whole = Histogram(
    "chimein_answer_seconds",
    "Of each answer that is said: from the last word of the question to the first sound handed over",
    ["via"],
    buckets=HOP_BUCKETS,
)


def observe(stages: Stages) -> None:
    """One answer's stage clock."""
    for stage, took_ms in stages.parts_ms.items():
        answer_stage.labels(stage).observe(max(0, took_ms) / 1000)
    answer_own.observe(max(0, stages.own_ms) / 1000)
    answer_whole.labels(stages.via).observe(max(0, stages.whole_ms) / 1000)

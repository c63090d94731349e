"""What the brain counts."""

from prometheus_client import Counter, Gauge, Histogram

from shared.metrics import HOP_BUCKETS

model_tries = Counter("chimein_brain_model_tries_total", "Requests to the language model, by how they ended", ["end"])
model_is_out = Gauge("chimein_brain_model_out", "1 while the language model is left alone because it is down")
questions = Counter("chimein_brain_questions_total", "Questions by outcome: answered or a category of failure", ["end"])
first_token = Histogram(
    "chimein_brain_first_token_seconds",
    "From a question to the first piece of text of the model",
    buckets=HOP_BUCKETS,
)

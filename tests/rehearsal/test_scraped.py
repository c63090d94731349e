from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from rehearsal.scraped import Spread, parsed

REGISTRY = CollectorRegistry()
ASKED = Counter("asked", "Questions", ["via"], registry=REGISTRY)
TOOK = Histogram("took_seconds", "Time", ["stage"], buckets=(0.01, 0.05, 1), registry=REGISTRY)


def test_series_of_one_name_are_taken_together_and_compared_with_an_earlier_look() -> None:
    ASKED.labels("voice").inc()
    TOOK.labels("model").observe(0.5)
    before = parsed(generate_latest(REGISTRY).decode())
    ASKED.labels("chat").inc(2)
    for _ in range(99):
        TOOK.labels("model").observe(0.02)
    TOOK.labels("voice").observe(0.5)
    after = parsed(generate_latest(REGISTRY).decode())
    assert after.totals["asked_total"] - before.totals["asked_total"] == 2
    took = after.spread("took_seconds").since(before.spread("took_seconds"))
    assert took.count == 100
    assert (took.quantile(0.5), took.quantile(0.99), took.quantile(1.0)) == (0.05, 0.05, 1.0)


def test_nothing_measured_has_no_quantile() -> None:
    assert Spread({}).quantile(0.99) == 0.0

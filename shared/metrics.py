"""Prometheus metrics that every process has; a process adds its own beside its code."""

from prometheus_client import Counter, Gauge, Histogram

HOP_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

leases_held = Gauge("chimein_leases_held", "Shards owned by this worker", ["role"])
fenced_writes = Counter("chimein_fenced_writes_total", "Writes refused because another worker owns the shard", ["role"])
commands_settled = Counter(
    "chimein_commands_settled_total", "Commands by outcome: done, dead, gone", ["role", "outcome"]
)
sessions_open = Gauge("chimein_sessions_open", "Meetings this worker works on", ["role"])
sessions_failed = Counter(
    "chimein_sessions_failed_total", "Meetings whose work was begun anew after a failure", ["role"]
)
writes_restored = Counter("chimein_writes_restored_total", "Writes that Redis had forgotten, done again")
loop_late = Histogram(
    "chimein_loop_late_seconds", "By how much the event loop served late what was due", buckets=HOP_BUCKETS
)
loop_stall_s = Gauge("chimein_loop_stall_seconds", "Longest stall of the event loop since the last scrape")
queue_age_s = Gauge("chimein_queue_age_seconds", "Age of the oldest that waits for this worker", ["role"])
vendor_calls = Counter("chimein_vendor_calls_total", "Calls to vendors by outcome", ["vendor", "call", "outcome"])


def begin(role: str) -> None:
    """Series that are there from the start: of one that begins with its first count, that count is seen by no rate."""
    fenced_writes.labels(role)
    sessions_failed.labels(role)
    commands_settled.labels(role, "dead")

"""What ingest counts."""

from prometheus_client import Counter, Gauge, Histogram

from shared.metrics import HOP_BUCKETS

chunks_appended = Counter("chimein_ingest_chunks_total", "Chunks on the audio streams")
chunks_repeated = Counter("chimein_ingest_chunks_repeated_total", "Chunks that Redis had already")
chunks_dropped = Counter("chimein_ingest_chunks_dropped_total", "Chunks that went untranscribed to keep within the cap")
frame_to_log = Histogram(
    "chimein_ingest_frame_to_log_seconds",
    "From the oldest frame that waited to Redis's acknowledgement, for each meeting and round trip",
    buckets=HOP_BUCKETS,
)
frames_broken = Counter("chimein_ingest_frames_broken_total", "Messages that could not be read")
unsent_age_s = Gauge("chimein_ingest_unsent_seconds", "Age of the oldest sound and facts that are not in Redis")
sockets_open = Gauge("chimein_ingest_sockets", "Real-time sockets open")
sockets_refused = Counter("chimein_ingest_sockets_refused_total", "Handshakes refused", ["status"])
reports = Counter("chimein_ingest_status_reports_total", "Status reports of the platform", ["outcome"])
expired = Counter("chimein_ingest_expired_total", "Meetings erased because their retention was over")
vendor_erasures = Counter(
    "chimein_ingest_vendor_erasures_total", "Times that the platform was asked to erase: confirmed, asked", ["outcome"]
)

"""Spans for OpenTelemetry, an extra: `pip install 'chimein[otel]'`. Where it is off, nothing is imported or done.

The W3C traceparent that every event carries links what happens in different processes.
"""

import contextlib
import secrets
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING

from shared.errors import ConfigError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

OPEN: ContextVar[str] = ContextVar("open span", default="")
"""The traceparent of the span that is open in this task."""


class Tracing:
    """Of this process."""

    def __init__(self) -> None:
        self._provider: TracerProvider | None = None
        self._tracer: Tracer | None = None

    def begin(self, role: str, endpoint: str) -> None:
        """Spans go to the collector at that address from here on; nowhere where it is empty. Raises ConfigError."""
        if not endpoint:
            return
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            raise ConfigError(
                "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: `pip install 'chimein[otel]'`"
            ) from error
        provider = TracerProvider(resource=Resource.create({"service.name": f"chimein-{role}"}))
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(exporter))
        self.use(provider)

    def use(self, provider: "TracerProvider | None") -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("chimein") if provider else None

    def end(self) -> None:
        """Sends what has not been sent."""
        if self._provider:
            self._provider.shutdown()
        self.use(None)

    @contextlib.contextmanager
    def span(self, name: str, trace: str = "", **attributes: str) -> Iterator[str]:
        """Yields the traceparent for what it causes: the span's own; `trace` where tracing is off."""
        if self._tracer is None:
            yield trace
            return
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        propagator = TraceContextTextMapPropagator()
        caller = propagator.extract({"traceparent": trace})
        with self._tracer.start_as_current_span(name, caller, attributes=attributes) as one:
            context = one.get_span_context()
            own = f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
            token = OPEN.set(own)
            try:
                yield own
            finally:
                OPEN.reset(token)


TRACING = Tracing()


def new_trace() -> str:
    """W3C traceparent of the span that is open here; else a fresh one, sampled."""
    return OPEN.get() or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def trace_id_of(trace: str) -> str:
    """What logs and spans have in common; empty where an event has no trace."""
    return trace[3:35]

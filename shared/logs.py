"""Logs: structlog to stderr, pretty on a terminal and JSON elsewhere; the standard library's logs join them."""

import logging
import sys

import msgspec
import structlog
from structlog.types import Processor

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure(level: str = "info", log_format: str = "auto") -> None:
    """Tracebacks never show local variables: they hold keys and what people said."""
    number = LEVELS.get(level, logging.INFO)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers(log_format)],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)
    logging.getLogger().setLevel(logging.WARNING)
    for name in ("shared", "gateway", "ingest", "transcriber", "brain", "speaker", "cli", "rehearsal"):
        logging.getLogger(name).setLevel(number)


def renderers(log_format: str) -> list[Processor]:
    is_console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    if is_console:
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
        ),
        structlog.processors.JSONRenderer(serializer=to_json),
    ]


def to_json(value: object, **_: object) -> str:
    return msgspec.json.encode(value, enc_hook=repr).decode()

"""Logs: one JSON object a line on stderr. Hostile text cannot end a line or steer a terminal.

JSON escapes C0 controls, and everything outside ASCII is escaped too, so that C1, U+2028 and marks that
turn the writing direction are shown and not obeyed (security.md, threat 13).
"""

import json
import logging
import sys
from typing import Any

import structlog

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]


def set_up(level: str) -> None:
    """Send what structlog and the standard library log to stderr. Called once, before anything is started."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_one_ascii_line),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _one_ascii_line(event: dict[str, Any], **_: Any) -> str:
    # JSON lets DEL stand as it is.
    return json.dumps(event, ensure_ascii=True, default=repr).replace("\x7f", "\\u007f")

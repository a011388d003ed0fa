"""Logs: JSON lines for machines, readable lines on a terminal.

No personal data goes into them: ids, kinds and counts only.
"""

from __future__ import annotations

import logging
import logging.config
import sys
from typing import Any

import structlog

from teplo.kit.environment import WrongSetting, shown

_NOISY = ("uvicorn.access", "httpx", "httpcore", "fontTools", "weasyprint", "PIL")


def set_up_logs(*, level: str = "INFO", as_json: bool | None = None) -> None:
    """Send structlog and the standard library's logging to stderr in one form. Without `as_json` a terminal decides.

    Raises WrongSetting for a level that is none.
    """
    if as_json is None:
        as_json = not sys.stderr.isatty()
    if level.upper() not in logging.getLevelNamesMapping():
        raise WrongSetting(f"TEPLO_LOG: debug, info, warning or error expected, not {shown(level)}")
    level = level.upper()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info if as_json else _as_is,
    ]
    last = structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _as_is(_logger: Any, _method: str, event: Any) -> Any:
    return event

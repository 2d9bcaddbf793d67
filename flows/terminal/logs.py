"""A log record in, one line of JSON out: how everything speaks on standard error where that is no terminal.

The keys are `time` (ISO 8601, UTC), `level`, `logger`, `message`, and where there is one `run`, `task`, `error`.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any


class Lines(logging.Formatter):
    """A formatter for Prefect's console handler."""

    def __init__(self, fmt: str = "", datefmt: str | None = None, style: str = "%", validate: bool = False) -> None:
        super().__init__()  # Prefect's own formatter takes a name for `fmt`, which says nothing here

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        more = {"run": getattr(record, "flow_run_name", ""), "task": getattr(record, "task_run_name", "")}
        more["error"] = self.formatException(record.exc_info) if record.exc_info else ""
        return line(record.getMessage(), record.levelname.lower(), record.name, record.created, **more)


def line(message: str, level: str, logger: str, at: float, **more: str) -> str:
    """One object on one line."""
    time = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    told: dict[str, Any] = {"time": time, "level": level, "logger": logger, "message": message}
    return json.dumps(told | {name: value for name, value in more.items() if value}, ensure_ascii=False)


def for_prefect() -> dict[str, str]:
    """Settings of Prefect's log: on a terminal only what needs a look, beside the bars; elsewhere all of it, as lines."""
    if sys.stderr.isatty():
        return {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING"}
    return {
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_FORMATTER": "json",
        "PREFECT_LOGGING_FORMATTERS_JSON_CLASS": f"{__name__}.{Lines.__name__}",
    }

"""A log record in, one line of JSON out: how everything speaks on standard error where that is no terminal.

The keys are `time` (ISO 8601, UTC), `level`, `logger`, `message`, and where there is one `run`, `task`, `error`.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

# What is no sign but an order to a terminal or to whoever lays lines out: controls, marks of direction.
ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    """Text of anybody as it may go to a terminal: it orders nothing."""
    return ORDERS.sub("\ufffd", text)


def in_json(line: str) -> str:
    """A line of JSON with the same data, in which what orders something is spelt out."""
    return ORDERS.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


class Words(logging.Formatter):
    """A formatter for Prefect's console handler on a terminal."""

    def __init__(self, fmt: str = "", datefmt: str | None = None, style: str = "%", validate: bool = False) -> None:
        super().__init__("%(asctime)s | %(levelname)s | %(name)s - %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """The lines, with the traceback where there is one."""
        return shown(super().format(record))


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
    return in_json(json.dumps(told | {name: value for name, value in more.items() if value}, ensure_ascii=False))


def for_prefect() -> dict[str, str]:
    """Settings of Prefect's log: on a terminal only what needs a look, beside the bars; elsewhere all of it, as lines."""
    if sys.stderr.isatty():
        return {
            "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING",
            "PREFECT_LOGGING_FORMATTERS_STANDARD_CLASS": f"{__name__}.{Words.__name__}",
        }
    return {
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_FORMATTER": "json",
        "PREFECT_LOGGING_FORMATTERS_JSON_CLASS": f"{__name__}.{Lines.__name__}",
    }

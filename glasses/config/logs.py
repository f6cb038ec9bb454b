"""Logs of services: text on a terminal, JSON otherwise.

A JSON line has `time`, `level`, `logger`, `process` and `message`, the ids of the `job` and `chunk`
that the process was working on, and `error` with the traceback of an exception.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from enum import StrEnum

from glasses.config.log_stream import capture_output, original

_TEXT = "%(asctime)s %(levelname)s %(process)d %(message)s"
_IDS = ("job", "chunk")


class LogFormat(StrEnum):
    """The format of log lines."""

    AUTO = "auto"
    """Text on a terminal, otherwise JSON."""
    JSON = "json"
    TEXT = "text"


_context: dict[str, str] = {}


def set_log_context(**ids: str) -> None:
    """Set the ids that are added to every log line of this process; without arguments, none.

    They apply to the whole process, because its threads work on the same chunk.
    """
    _context.clear()
    _context.update(ids)


class JsonFormatter(logging.Formatter):
    """Format each record as one JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line for a record."""
        values: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
            **_context,
        }
        values |= {name: getattr(record, name) for name in _IDS if hasattr(record, name)}
        if record.exc_info:
            values["error"] = self.formatException(record.exc_info)
        return json.dumps(values, ensure_ascii=False, default=str)


def configure_logging(level: int | str, format_: LogFormat) -> bool:
    """Send the log of a service to stderr, and as JSON, if so, whatever else it prints.

    Returns:
        Whether it is written as JSON.
    """
    stream = original(sys.stderr)
    as_json = format_ is LogFormat.JSON or (
        format_ is LogFormat.AUTO and not (stream and stream.isatty())
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if as_json else logging.Formatter(_TEXT))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)
    if as_json:
        capture_output()
    return as_json

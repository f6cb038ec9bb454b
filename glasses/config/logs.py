"""Logs of what runs unattended: lines for people on a terminal, JSON for everything else.

A JSON line has `time`, `level`, `logger`, `process` and `message`, the ids of what the process was
at (`job`, `chunk`), and `error` with a traceback where there is one.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from enum import StrEnum

_TEXT = "%(asctime)s %(levelname)s %(process)d %(message)s"
_IDS = ("job", "chunk")


class LogFormat(StrEnum):
    """How lines are written."""

    AUTO = "auto"
    """Text on a terminal, else JSON."""
    JSON = "json"
    TEXT = "text"


_about: dict[str, str] = {}


def about(**ids: str) -> None:
    """From now on, say in each line of this process what it is about; nothing: about nothing.

    Of the process, not of a thread or a context: its threads work on the same chunk.
    """
    _about.clear()
    _about.update(ids)


class JsonFormatter(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        values: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
            **_about,
        }
        values |= {name: getattr(record, name) for name in _IDS if hasattr(record, name)}
        if record.exc_info:
            values["error"] = self.formatException(record.exc_info)
        return json.dumps(values, ensure_ascii=False, default=str)


def set_up(level: int | str, format_: LogFormat) -> bool:
    """Write this process' log to stderr; True if that is JSON."""
    as_json = format_ is LogFormat.JSON or (
        format_ is LogFormat.AUTO and not (sys.stderr and sys.stderr.isatty())
    )
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if as_json else logging.Formatter(_TEXT))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)
    return as_json

"""Output of services that log JSON: what any code prints becomes log lines, tracebacks included.

Only what C libraries write to the file descriptors themselves, as when a process crashes, does not.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
from types import TracebackType
from typing import TextIO


class LogStream(io.TextIOBase):
    """A text stream that logs each line.

    Args:
        name: Name of the logger.
        level: Level of the lines.
        original: The stream that it replaces.
    """

    def __init__(self, name: str, level: int, original: TextIO) -> None:
        self.original = original
        self._logger, self._level = logging.getLogger(name), level
        self._of_thread = threading.local()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Encoding of the original stream."""
        return self.original.encoding

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the file descriptor of the original stream."""
        return self.original.fileno()

    def write(self, text: str) -> int:
        """Log the complete lines of the text; the rest waits for its end."""
        if getattr(self._of_thread, "is_logging", False):
            return self.original.write(text)  # the report of an error in logging itself
        *lines, rest = (getattr(self._of_thread, "rest", "") + text).split("\n")
        self._of_thread.rest = rest
        self._log(lines)
        return len(text)

    def flush(self) -> None:
        """Log what is left of a line."""
        rest, self._of_thread.rest = getattr(self._of_thread, "rest", ""), ""
        self._log([rest])
        self.original.flush()

    def _log(self, lines: list[str]) -> None:
        self._of_thread.is_logging = True
        try:
            for line in lines:
                if line.strip():
                    self._logger.log(self._level, "%s", line)
        finally:
            self._of_thread.is_logging = False


def capture_output() -> None:
    """Log what this process prints, and the exceptions that nothing catches."""
    if not isinstance(sys.stderr, LogStream):
        sys.stdout = LogStream("stdout", logging.INFO, sys.stdout)
        sys.stderr = LogStream("stderr", logging.WARNING, sys.stderr)
    sys.excepthook = _log_exception
    threading.excepthook = _log_thread_exception


def report_fatal(message: str) -> None:
    """Print why this process ends, or log it as an error where output is captured."""
    if isinstance(sys.stderr, LogStream):
        logging.getLogger("glasses").error("%s", message)
    else:
        sys.stderr.write(f"{message}\n")


def original(stream: TextIO) -> TextIO:
    """Return the stream that `capture_output` replaced, or the stream itself."""
    return stream.original if isinstance(stream, LogStream) else stream


def log_from_signal_handler(logger: str, message: str) -> None:
    """Write a log line without a lock, which the interrupted code may hold."""
    record = logging.LogRecord(logger, logging.INFO, "", 0, message, None, None)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            line = handler.format(record) + "\n"
            os.write(handler.stream.fileno(), line.encode("utf-8", "backslashreplace"))


def _log_exception(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    logging.getLogger("python").critical("%s", error, exc_info=(kind, error, traceback))


def _log_thread_exception(failure: threading.ExceptHookArgs) -> None:
    if failure.exc_value and not isinstance(failure.exc_value, SystemExit):
        _log_exception(failure.exc_type, failure.exc_value, failure.exc_traceback)

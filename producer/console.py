"""Status lines and progress bars on stderr; bars are drawn only on a terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import typer

from producer.rows import printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from glasses.protocol.schemas import JobStatus


_MAX_LINES = 10
_active_bars: list[Progress] = []
"""The progress bars on the terminal now."""


def log_status(text: str) -> None:
    """Print lines to stderr, with control characters escaped."""
    lines = "\n".join(printable(line) for line in text.split("\n"))
    if _active_bars:  # Print above the bars, which would otherwise overwrite the text.
        _print_above_bars(lines + "\n")
    else:
        typer.echo(lines, err=True)


def log_error(text: str) -> None:
    """Print why the command fails, as `log_status` does; log it as an error in JSON mode."""
    from glasses.config.log_stream import LogStream, report_fatal

    if isinstance(sys.stderr, LogStream):
        report_fatal(text)
    else:
        log_status(text)


def _print_above_bars(text: str) -> None:
    console = _active_bars[-1].console
    console.print(text, end="", markup=False, emoji=False, highlight=False, soft_wrap=True)


def stdout() -> TextIO:
    """Return stdout; on a terminal with progress bars, a file that prints above them."""
    return _AboveBars() if _active_bars and sys.stdout.isatty() else sys.stdout


class _AboveBars(io.StringIO):
    """The terminal of the active progress bars."""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        _print_above_bars(text)
        return len(text)


def log_some(lines: Iterable[str]) -> None:
    """Print the first ten lines to stderr and count the rest: there may be one per photo."""
    count = 0
    for count, line in enumerate(lines, 1):
        if count <= _MAX_LINES:
            log_status(line)
    if count > _MAX_LINES:
        log_status(f"and {count - _MAX_LINES} more (--json lists all)")


@contextmanager
def progress_bars() -> Iterator[Progress | None]:
    """Draw progress bars on stderr; yield None when it is not a terminal.

    Within, write to `stdout()` instead of stdout, which may be the same terminal.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from datetime import timedelta
    from math import ceil

    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.text import Text

    class RemainingColumn(ProgressColumn):
        max_refresh = 0.5

        def render(self, task: Task) -> Text:
            left = task.fields.get("seconds_left")
            if left is None:
                left = task.time_remaining
            if task.finished:
                left = None
            return Text("" if left is None else f"about {timedelta(seconds=ceil(left))} left")

    with Progress(
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        RemainingColumn(),
        console=Console(stderr=True),
        redirect_stdout=False,
        redirect_stderr=False,
    ) as progress:
        _active_bars.append(progress)
        try:
            yield progress
        finally:
            _active_bars.pop()


def show_status(
    progress: Progress, task: TaskID, status: JobStatus, seconds_left: float | None = None
) -> None:
    """Update the progress bar of a job; without `seconds_left` it estimates the rest itself."""
    done = status.submitted - status.pending
    rate = _rate(status, done) if status.paused is None else "paused"
    total = status.submitted or None
    progress.update(task, completed=done, total=total, note=rate, seconds_left=seconds_left)


def _rate(status: JobStatus, done: int) -> str:
    import time

    seconds = (status.finished or time.time()) - status.created
    return f"{done / seconds:.0f} photos/s" if seconds > 1 else ""


def summary(status: JobStatus) -> str:
    """Return a job's counts in one line: submitted = classified + no face + failed + cancelled."""
    parts = [
        f"{status.classified} classified ({status.with_glasses} with glasses)",
        f"{status.no_face} no face",
        f"{status.failed} failed",
        f"{status.cancelled} cancelled",
    ]
    if status.pending:
        parts.append(f"{status.pending} pending" + " (paused)" * (status.paused is not None))
    return f"{status.submitted} submitted = " + " + ".join(parts)

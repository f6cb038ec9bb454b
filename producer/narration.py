"""Narration on stderr: progress on a terminal, nothing but the essential elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from producer.rows import printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from glasses.schemas import JobStatus


_SAID = 10
_drawn: list[Progress] = []
"""The bars that are on the terminal now, if any."""


def say(text: str) -> None:
    """Lines on stderr. A name in them stays a name, whatever it does to terminals."""
    lines = "\n".join(printable(line) for line in text.split("\n"))
    if _drawn:  # Above the bars: behind them it would be glued to one, and be drawn over.
        _drawn[-1].console.print(lines, markup=False, highlight=False, soft_wrap=True)
    else:
        typer.echo(lines, err=True)


def say_some(lines: Iterable[str]) -> None:
    """Lines on stderr, at most ten of them: there may be one a photo, and a million photos."""
    count = 0
    for count, line in enumerate(lines, 1):
        if count <= _SAID:
            say(line)
    if count > _SAID:
        say(f"and {count - _SAID} more (--json has all)")


@contextmanager
def progress_bars() -> Iterator[Progress | None]:
    """Progress bars on stderr; None when it is no terminal.

    Nothing may go to stdout meanwhile, which may be the same terminal.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        redirect_stdout=False,
        redirect_stderr=False,
    ) as progress:
        _drawn.append(progress)
        try:
            yield progress
        finally:
            _drawn.pop()


def show_status(progress: Progress, task: TaskID, status: JobStatus) -> None:
    """Update the bar of classification."""
    ended = status.submitted - status.pending
    rate = _rate(status, ended)
    progress.update(task, completed=ended, total=status.submitted or None, note=rate)


def _rate(status: JobStatus, ended: int) -> str:
    import time

    seconds = (status.finished or time.time()) - status.created
    return f"{ended / seconds:.0f} photos/s" if seconds > 1 else ""


def summary(status: JobStatus) -> str:
    """A job in one line, with the identity that must hold."""
    parts = [
        f"{status.classified} classified ({status.with_glasses} with glasses)",
        f"{status.no_face} no face",
        f"{status.failed} failed",
        f"{status.cancelled} cancelled",
    ]
    if status.pending:
        parts.append(f"{status.pending} pending")
    return f"{status.submitted} submitted = " + " + ".join(parts)

"""The `glasses` command: runs a subcommand and turns errors into one line and an exit code."""

from __future__ import annotations

import errno
import io
import os
import sys
from types import ModuleType

import typer

from glasses.config import streams
from glasses.errors import ExitCode, GlassesError
from producer.commands import (
    bucket,
    cancel,
    classify,
    config,
    correct,
    doctor,
    evaluate,
    expire,
    explain,
    exporter,
    jobs,
    pause,
    reconcile,
    report,
    results,
    resume,
    rm,
    scale,
    sort,
    stack,
    status,
    submit,
    watch,
    watch_folder,
    workers,
)
from producer.examples import epilog
from producer.help_groups import GroupedCommands

app = typer.Typer(
    name="glasses",
    cls=GroupedCommands,
    help="Find the people who wear glasses in a collection of photos.",
    epilog=epilog("glasses"),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich takes a third of the time of --help
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS: tuple[ModuleType, ...] = (
    submit,
    classify,
    explain,
    status,
    watch,
    watch_folder,
    results,
    report,
    evaluate,
    correct,
    sort,
    jobs,
    pause,
    resume,
    cancel,
    rm,
    reconcile,
    expire,
    doctor,
    config,
    workers,
    scale,
    exporter,
    bucket,
)
for module in COMMANDS:
    name = module.__name__.rsplit(".", 1)[-1].replace("_", "-")
    app.command(name, epilog=epilog(name))(module.command)
for command in (stack.up, stack.down, stack.ps):
    app.command(command.__name__, epilog=epilog(command.__name__))(command)


def _print_version(requested: bool) -> None:
    if requested:
        from importlib.metadata import version

        typer.echo(version("people-with-glasses"))
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False,
        "--version",
        callback=_print_version,
        is_eager=True,
        help="Print the version and exit.",
    ),
) -> None:
    del version
    from glasses.config.settings import CONFIG_FILE

    if os.path.lexists(CONFIG_FILE):
        from glasses.config.settings import ignored_config_notice
        from producer.console import log_status

        if ignored := ignored_config_notice():
            log_status(ignored)


def main() -> None:
    """Run the command line and exit with its exit code."""
    streams.prepare()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # the same bytes in every locale
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app(prog_name="glasses")
    except GlassesError as error:
        from producer.console import log_error

        log_error(f"glasses: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("glasses: interrupted", err=True)
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        _close_stdout()  # The reader (`head`, a closed pager) is done.
        sys.exit(ExitCode.SUCCESS)
    except OSError as error:
        closed = error.errno == errno.EBADF and streams.is_stdout_closed()
        if error.filename is None and error.errno not in _DISK_ERRORS and not closed:
            raise  # Not the user's mistake: show the traceback.
        from producer.console import log_status

        _close_stdout()
        prefix = f"{error.filename}: " if error.filename else "output cannot be written: "
        log_status(f"glasses: {prefix}{'stdout is closed' if closed else error.strerror or error}")
        sys.exit(ExitCode.USAGE)


_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""Errors of a disk that is full or broken, behind a file or stdout."""


def _close_stdout() -> None:
    """Discard buffered output, which Python would otherwise fail to flush at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

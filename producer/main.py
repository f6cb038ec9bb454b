"""The `glasses` command: finds the subcommand, turns errors into one line and an exit code."""

from __future__ import annotations

import errno
import io
import os
import sys
from types import ModuleType

import typer

from glasses.errors import GlassesError
from producer.commands import (
    bucket,
    cancel,
    classify,
    config,
    correct,
    doctor,
    explain,
    exporter,
    jobs,
    reconcile,
    report,
    results,
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
from producer.grouped import GroupedCommands

EXIT_CODES = """\
Exit codes: 0 all well, 1 some photos failed, 2 usage, 3 servers unreachable, 4 timed out waiting.
"""

app = typer.Typer(
    name="glasses",
    cls=GroupedCommands,
    help="Tell which people in a pile of photos wear glasses.",
    epilog=epilog("glasses", EXIT_CODES),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # a third of the time that --help takes
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
    correct,
    sort,
    jobs,
    cancel,
    rm,
    reconcile,
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


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("people-with-glasses"))
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    del version


def main() -> None:
    """Entry point."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name must not fail for the terminal's encoding
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="glasses")
    except GlassesError as error:
        from producer.narration import say

        say(f"glasses: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("glasses: interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        _close_stdout()  # The reader (`head`, a closed pager) has enough.
        sys.exit(0)
    except OSError as error:
        if error.filename is None and error.errno not in _FULL:
            raise  # No mistake of the user's: the traceback tells whose.
        from producer.narration import say

        _close_stdout()
        what = f"{error.filename}: " if error.filename else "output cannot be written: "
        say(f"glasses: {what}{error.strerror or error}")
        sys.exit(2)


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""What a disk says behind a file or stdout that cannot take more."""


def _close_stdout() -> None:
    """Let what is left go nowhere; Python would complain of it while it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

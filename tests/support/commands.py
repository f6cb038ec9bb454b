"""Run `glasses` as a user types it, in a separate process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from glasses.config.settings import Settings
from infra.local.workers import environment
from tests.support.preloaded import is_forkable, run_preloaded

GLASSES = [sys.executable, "-m", "producer"]
_SECONDS = 180
Word = str | bytes | Path


def glasses(
    *arguments: Word,
    settings: Settings | None = None,
    home: Path | None = None,
    variables: Mapping[str, str] | None = None,
    stdin: str | IO[Any] = "",
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command and capture its output.

    Args:
        *arguments: The command and its arguments.
        settings: Address of the servers; None leaves them to the environment.
        home: Folder of the local stack; an empty folder means no stack.
        variables: More environment variables.
        stdin: Text, or an open file, that the command reads.
        cwd: Working directory.

    Returns:
        Exit code, stdout and stderr; bytes that are not UTF-8 become surrogates.
    """
    found = _environment(settings, home, variables)
    if isinstance(stdin, str) and is_forkable(found):
        words = [os.fsdecode(word) for word in arguments]
        raw = run_preloaded(words, found, stdin, cwd or Path.cwd(), _SECONDS)
        out, err = (text.decode("utf-8", "surrogateescape") for text in (raw.stdout, raw.stderr))
        done = subprocess.CompletedProcess(raw.args, raw.returncode, out, err)
    else:
        given: dict[str, Any] = {"input": stdin} if isinstance(stdin, str) else {"stdin": stdin}
        done = subprocess.run(
            [*GLASSES, *arguments],
            env=found,
            cwd=cwd,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
            timeout=_SECONDS,
            **given,
        )
    assert "Traceback" not in done.stdout + done.stderr, (arguments, done.stderr[-3000:])
    return done


def glasses_output(*arguments: Word, code: int = 0, **options: Any) -> str:
    """Return the stdout of a command that must exit with `code`; options as for `glasses`."""
    done = glasses(*arguments, **options)
    assert done.returncode == code, done.stderr
    return done.stdout


def glasses_printed(*arguments: Word, **options: Any) -> tuple[int, str]:
    """Return the exit code of a command, and its stdout and stderr together."""
    done = glasses(*arguments, **options)
    return done.returncode, done.stdout + done.stderr


def start_glasses(
    *arguments: Word,
    settings: Settings | None = None,
    home: Path | None = None,
    stdin: int | None = None,
    stderr: int | None = subprocess.PIPE,
) -> subprocess.Popen[str]:
    """Start a command without waiting for it; its stdout is a pipe.

    Args:
        *arguments: The command and its arguments.
        settings: Address of the servers.
        home: Folder of the local stack.
        stdin: As for `subprocess.Popen`.
        stderr: Likewise; None shows it in the output of the test.
    """
    return subprocess.Popen(
        [*GLASSES, *arguments],
        env=_environment(settings, home, None),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def json_lines(output: str) -> list[dict[str, Any]]:
    """Parse the rows that a command printed as JSON Lines."""
    return [json.loads(line) for line in output.splitlines()]


def _environment(
    settings: Settings | None, home: Path | None, variables: Mapping[str, str] | None
) -> dict[str, str]:
    found = dict(os.environ) | (environment(settings) if settings else {})
    if home:
        found["GLASSES_HOME"] = str(home)
    return found | dict(variables or {})

"""Run commands on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from glasses.config.settings import Settings
from infra.local.workers import environment


def on_terminal(*arguments: str, settings: Settings, **variables: str) -> bytes:
    """Run `glasses` on a pseudo-terminal.

    Args:
        *arguments: The command and its arguments.
        settings: Address of the servers.
        **variables: More environment variables.

    Returns:
        All output on the terminal.
    """
    ours, theirs = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "producer", *arguments],
        env=os.environ | {"TERM": "xterm-256color"} | environment(settings) | variables,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    written = b""
    try:
        while block := os.read(ours, 65_536):
            written += block
    except OSError:  # Linux: no process has the terminal open any more.
        pass
    finally:
        os.close(ours)
        program.wait()
    return written

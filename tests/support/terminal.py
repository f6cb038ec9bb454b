"""Commands on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from glasses.settings import Settings
from infra.local.workers import environment


def on_terminal(*arguments: str, settings: Settings, **variables: str) -> bytes:
    """Run `glasses` on a terminal of its own.

    Args:
        *arguments: Of the command.
        settings: Where the servers are.
        **variables: Of its environment.

    Returns:
        All that it wrote there.
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
    except OSError:  # Linux: nobody has the terminal open any more.
        pass
    finally:
        os.close(ours)
        program.wait()
    return written

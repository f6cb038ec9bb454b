"""A shell at a terminal, in which the commands of the pages are run."""

from __future__ import annotations

import os
import pty
import select
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.support.documents import ROOT

SECONDS = 120
PROGRAMS = {"glasses": "-m producer", "glasses-train": "-m training.cli", "python": ""}
COLUMNS = "100"


class Shell:
    """Runs commands in `folder`, where `glasses` is the one under test.

    Args:
        folder: Working directory and home.
        variables: More environment variables.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self.folder = folder
        programs = folder / ".programs"
        programs.mkdir()
        for name, arguments in PROGRAMS.items():
            program = programs / name
            python = shlex.quote(sys.executable)
            program.write_text(f'#!/bin/sh\nexec {python} {arguments} "$@"\n')
            program.chmod(0o755)
        self._variables = {
            "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
            "COLUMNS": COLUMNS,
            **variables,
        }

    def run(self, command: str) -> tuple[int, str]:
        """Run a command.

        Returns:
            Exit code, and all output on the terminal.
        """
        ours, theirs = pty.openpty()
        program = subprocess.Popen(
            ["bash", "-c", command],
            cwd=self.folder, env=self._variables, stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        written, end = b"", time.monotonic() + SECONDS
        try:
            while select.select([ours], [], [], max(0, end - time.monotonic()))[0]:
                if not (block := os.read(ours, 65_536)):
                    break
                written += block
        except OSError:  # Linux: no process has the terminal open any more.
            pass
        finally:
            if time.monotonic() > end:
                program.kill()
            program.wait()
            os.close(ours)  # only now: it sends SIGHUP to processes that are still exiting
        return program.returncode, written.decode(errors="replace").replace("\r\n", "\n")

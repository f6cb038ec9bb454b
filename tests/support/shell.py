"""A shell at a terminal, in a folder of its own, as a reader of the pages has it."""

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
    """Commands run in `folder`; `glasses` there is the one under test.

    Args:
        folder: Also the home.
        variables: Of the environment, besides.
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
        """Type a command.

        Returns:
            Its exit code, and all that came on the terminal.
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
        except OSError:  # Linux: nobody has the terminal open any more.
            pass
        finally:
            if time.monotonic() > end:
                program.kill()
            program.wait()
            os.close(ours)  # only now: it hangs up on whoever is still ending
        return program.returncode, written.decode(errors="replace").replace("\r\n", "\n")

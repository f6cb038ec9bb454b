"""Real workers for tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from glasses.settings import Settings
from infra.local.workers import environment


class Worker:
    """A real worker, as `python -m worker` starts it.

    Args:
        settings: Where the servers are.
        log: Its output.
        processes: In its pool.
        cursed: Photos may kill it, see `cursed_worker`.
        newer: It is of the next version, see `newer_worker`.
        environment_: Variables that it gets besides.
        prefix: Of the command that starts it.
        module: That is run, if it is another one.
    """

    def __init__(
        self,
        settings: Settings,
        log: Path,
        processes: int,
        cursed: bool = False,
        newer: bool = False,
        environment_: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
        module: str = "worker",
    ) -> None:
        if cursed:
            module = "tests.support.cursed_worker"
        if newer:
            module = "tests.support.newer_worker"
        self.log = log
        self._out = log.open("wb")
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-m", module, "--processes", str(processes)],
            env=os.environ | environment(settings) | dict(environment_ or {}),
            stdout=self._out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def kill(self) -> None:
        """`kill -9` of parent and children at once, as when the host goes."""
        if self.process.poll() is None:
            self.signal(signal.SIGKILL)
            self.process.wait(10)

    def signal(self, number: int) -> None:
        """Signal parent and children."""
        os.killpg(self.process.pid, number)

    def discard(self) -> None:
        """End it when its test is over: a polite end, which takes seconds, would prove nothing."""
        self.kill()
        self._out.close()

    def stop(self) -> None:
        """Ask it to finish what it is doing."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
        self._out.close()

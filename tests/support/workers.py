"""Real workers for tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from glasses.config.settings import Settings
from infra.local.workers import environment
from tests.support.preloaded import PreloadedWorker, is_forkable

_FORKABLE = {
    "worker": "worker.__main__",
    "tests.support.poison_worker": "tests.support.poison_worker",
}


class Worker:
    """A process of `python -m worker`.

    Args:
        settings: Address of the servers.
        log: File for its output.
        processes: Number of pool processes.
        poisonable: Photos may kill it; see `poison_worker`.
        newer: Run the next version, see `newer_worker`.
        environment_: More environment variables.
        prefix: Words before the command.
        module: Module to run.
        preloaded: Fork it from a process that has imported its libraries, if that is possible: it
            starts sooner, and its memory says nothing.
    """

    def __init__(
        self,
        settings: Settings,
        log: Path,
        processes: int,
        poisonable: bool = False,
        newer: bool = False,
        environment_: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
        module: str = "worker",
        preloaded: bool = False,
    ) -> None:
        if poisonable:
            module = "tests.support.poison_worker"
        if newer:
            module = "tests.support.newer_worker"
        self.log = log
        variables = os.environ | environment(settings) | dict(environment_ or {})
        options = ["--processes", str(processes)]
        self.process: subprocess.Popen[bytes] | PreloadedWorker
        if preloaded and module in _FORKABLE and not prefix and is_forkable(variables):
            self.process = PreloadedWorker(options, variables, log, _FORKABLE[module])
            return
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [*prefix, sys.executable, "-m", module, *options],
                env=variables,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill parent and children at once (SIGKILL), as when a host dies."""
        if self.process.poll() is None:
            self.signal(signal.SIGKILL)
            self.process.wait(10)

    def signal(self, number: int) -> None:
        """Send a signal to parent and children."""
        os.killpg(self.process.pid, number)

    def discard(self) -> None:
        """Kill the worker after its test, without the seconds of a graceful shutdown."""
        self.kill()

    def stop(self) -> None:
        """Stop the worker gracefully (SIGTERM)."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

"""Real workers for tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from glasses.settings import Settings
from infra.local.workers import environment


class Worker:
    """A real worker, as `python -m worker` starts it."""

    def __init__(self, settings: Settings, log: Path, processes: int) -> None:
        self.log = log
        self._out = log.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "worker", "--processes", str(processes)],
            env=os.environ | environment(settings),
            stdout=self._out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def kill(self) -> None:
        """`kill -9` of parent and children at once, as when the host goes."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

    def stop(self) -> None:
        """Ask it to finish what it is doing."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
        self._out.close()

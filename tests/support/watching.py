"""Run `glasses watch-folder` in a separate process."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from glasses.client import Client
from glasses.config.settings import Settings
from infra.local.workers import environment
from tests.support.leftovers import stored_keys
from tests.support.preloaded import run_preloaded

SECONDS = 90


class Watching:
    """A watched folder and its output file.

    Args:
        settings: Address of the servers.
        folder: The watched folder.
        output: The file of rows.
    """

    def __init__(self, settings: Settings, folder: Path, output: Path) -> None:
        self.settings, self.folder, self.output = settings, folder, output

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start watching."""
        return subprocess.Popen(
            [sys.executable, "-m", "producer", *self._arguments(options)],
            env=os.environ | environment(self.settings),
            stderr=subprocess.PIPE,
            text=True,
        )

    def run_once(self, *options: str, crash_at: str = "", code: int = 0) -> str:
        """Run with `--once` and return its stderr.

        Args:
            *options: More options.
            crash_at: Step at which it kills itself, see `crashing_watcher`.
            code: Expected exit code.
        """
        done = run_preloaded(
            self._arguments(["--once", *options]),
            os.environ | environment(self.settings) | {"TEST_CRASH": crash_at},
            stdin="",
            cwd=Path.cwd(),
            timeout=SECONDS,
            module="tests.support.crashing_watcher" if crash_at else "producer.main",
        )
        said = done.stderr.decode()
        assert done.returncode == code, said
        return said

    def _arguments(self, options: Sequence[str]) -> list[str]:
        words = ["watch-folder", str(self.folder), "-o", str(self.output), "--settle", "0.3"]
        return [*words, "--interval", "0.2", *options]

    def rows(self) -> list[dict[str, Any]]:
        """Return the complete rows of the output file."""
        if not self.output.exists():
            return []
        lines = self.output.read_text("utf-8").split("\n")[:-1]
        if self.output.suffix == ".csv":
            return list(csv.DictReader(lines))
        return [json.loads(line) for line in lines]

    def written(self) -> Counter[tuple[str, str]]:
        """Return the number of rows per photo (name and content)."""
        return Counter((row["image"], row["sha256"]) for row in self.rows())

    def present(self) -> Counter[tuple[str, str]]:
        """Count each photo in the folder once."""
        paths = [path for path in self.folder.rglob("*") if path.is_file()]
        return Counter(
            (str(path.relative_to(self.folder)), sha256(path.read_bytes()).hexdigest())
            for path in paths
        )


def stop(process: subprocess.Popen[str], how: signal.Signals = signal.SIGKILL) -> str:
    """Send a signal, wait for the exit and return stderr."""
    process.send_signal(how)
    return process.communicate(timeout=SECONDS)[1]


def no_jobs_left(client: Client) -> bool:
    """Return whether the jobs of a watched folder are gone from Redis and the object store."""
    ours = [key for key in client.redis.scan_iter() if key.startswith("glasses:")]
    allowed = (
        "glasses:worker",
        "glasses:lock:reconcil",
        "glasses:jobs",
        "glasses:audited",
        "glasses:clock",
        "glasses:expiry",
        "glasses:swept",
        "glasses:lock:expiry",  # while a round runs, a minute after the first worker has started
        "glasses:partition:",  # expires by itself
        "glasses:lock:requested:",  # likewise
    )
    left = [key for key in ours if not key.startswith(allowed)]
    assert left == [], left
    return stored_keys(client) == [] and client.jobs() == []

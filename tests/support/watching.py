"""`glasses watch-folder` as a process of its own."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

from glasses.settings import Settings
from infra.local.workers import environment

SECONDS = 90


class Watching:
    """A folder and the file of its rows.

    Args:
        settings: Where the servers are.
        folder: Watched.
        output: Where rows go.
    """

    def __init__(self, settings: Settings, folder: Path, output: Path) -> None:
        self.settings, self.folder, self.output = settings, folder, output

    def start(self, *options: str, dies: str = "") -> subprocess.Popen[str]:
        """Start it; `dies` says where it kills itself, see `dying_watcher`."""
        module = "tests.support.dying_watcher" if dies else "producer"
        arguments = ["watch-folder", str(self.folder), "-o", str(self.output), "--settle", "0.3"]
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments, "--interval", "0.2", *options],
            env=os.environ | environment(self.settings) | {"TEST_DIES": dies},
            stderr=subprocess.PIPE,
            text=True,
        )

    def once(self, *options: str, dies: str = "", code: int = 0) -> str:
        """Let it do what is there; what it said."""
        process = self.start("--once", *options, dies=dies)
        _, said = process.communicate(timeout=SECONDS)
        assert process.returncode == code, said
        return said

    def rows(self) -> list[dict[str, Any]]:
        """The whole rows of the file."""
        if not self.output.exists():
            return []
        lines = self.output.read_text("utf-8").split("\n")[:-1]
        if self.output.suffix == ".csv":
            return list(csv.DictReader(lines))
        return [json.loads(line) for line in lines]

    def written(self) -> Counter[tuple[str, str]]:
        """How many rows each photo has: name and content."""
        return Counter((row["image"], row["sha256"]) for row in self.rows())

    def there(self) -> Counter[tuple[str, str]]:
        """One for each photo that lies in the folder."""
        paths = [path for path in self.folder.rglob("*") if path.is_file()]
        return Counter(
            (str(path.relative_to(self.folder)), sha256(path.read_bytes()).hexdigest())
            for path in paths
        )


def stop(process: subprocess.Popen[str], how: signal.Signals = signal.SIGKILL) -> str:
    """End it; what it said."""
    process.send_signal(how)
    return process.communicate(timeout=SECONDS)[1]

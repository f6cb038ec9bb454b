"""Photos for the large job, and what `glasses classify` on this machine says about photos."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from tests.containers.engine import ROOT, run

DEMO = ROOT / "demo" / "photos"
_NAMES = ("collins.jpg", "collins-glasses.jpg", "giunchedi.jpg", "hopper.jpg", "van-rossum.jpg")


def folder(parent: Path, count: int) -> Path:
    """Make a folder of photos that differ in the bytes after the end of the JPEG."""
    made = parent / "photos"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    for number in range(count):
        data = (DEMO / _NAMES[number % len(_NAMES)]).read_bytes()
        (made / f"{number:05d}.jpg").write_bytes(data + str(number).encode())
    return made


def classified(photos: Path) -> list[dict[str, Any]]:
    """Return the rows of `glasses classify` outside containers."""
    command = [sys.executable, "-m", "producer", "classify", photos, "--format", "jsonl"]
    return rows(run(*command, codes=(0, 1)))  # 1: photos failed, as two of the demo do


def rows(text: str) -> list[dict[str, Any]]:
    """Return the rows of a JSON-lines output in the order of their names."""
    found = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return sorted(found, key=lambda row: str(row["image"]))

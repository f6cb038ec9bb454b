"""Sets of small photos with known results."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from tests.support.photos import POISON

_SIDE = 240
_BASES = ("hopper.jpg", "collins.jpg", "collins-glasses.jpg", "giunchedi.jpg", "cat.jpg")
_COMPARED = ("status", "glasses", "probability", "faces", "orientation", "reason")
_SHARED = 0.25
"""Share of photos whose bytes are also in an earlier set."""
_KEPT = 100
"""Photos of each set that later ones may share."""
_POISON_RESULT: dict[str, Any] = {
    "status": "failed", "glasses": False, "probability": None, "faces": [],
    "orientation": None, "reason": "crashed_worker",
}  # fmt: skip
"""The result of a photo that kills each process that reads it."""


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """Photos in a folder.

    Attributes:
        folder: Contains the photos.
        expected: Name -> the compared fields of its row.
    """

    folder: Path
    expected: dict[str, dict[str, Any]]


def compared(row: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a row that depend on the photo's bytes only."""
    return {name: row[name] for name in _COMPARED}


class PhotoSetMaker:
    """Makes photo sets; `glasses classify`, in one process without servers, gives the results."""

    def __init__(self, home: Path, demo_photos: Path) -> None:
        self._home = home
        self._made = 0
        self._bases: dict[str, bytes] = {}
        self._earlier: list[tuple[str, bytes]] = []
        folder = home / "bases"
        folder.mkdir()
        for name in _BASES:
            with Image.open(demo_photos / name) as photo:
                photo.thumbnail((_SIDE, _SIDE))
                photo.save(folder / name, quality=90)
        (folder / "broken.png").write_bytes((demo_photos / "hopper-alpha.png").read_bytes()[:9000])
        for path in folder.iterdir():
            # What follows the picture changes the hash alone.
            path.write_bytes(path.read_bytes() + b"#")
            self._bases[path.name] = path.read_bytes()
        done = subprocess.run(
            [sys.executable, "-m", "producer", "classify", str(folder), "--format", "jsonl"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self._results = {row["image"]: compared(row) for row in rows}
        assert {row["status"] for row in rows} == {"classified", "no_face", "failed"}, done.stderr

    def make(self, count: int, poison: int, chance: random.Random) -> PhotoSet:
        """Write a new photo set.

        Args:
            count: Number of photos.
            poison: Number of photos that kill each process that reads them.
            chance: Decides which photos.
        """
        self._made += 1
        folder = self._home / f"photos-{self._made}"
        folder.mkdir()
        deadly = set(chance.sample(range(count), poison))
        expected = {}
        new = []
        for number in range(count):
            base, data = chance.choice(list(self._bases)), b""
            if number in deadly:
                data = self._bases[base] + f"{self._made}-{number}".encode() + POISON + b"kill"
            elif self._earlier and chance.random() < _SHARED:
                base, data = chance.choice(self._earlier)
            else:
                data = self._bases[base] + f"{self._made}-{number}".encode()
                new.append((base, data))
            name = f"{number:05d}-{base}"
            (folder / name).write_bytes(data)
            expected[name] = _POISON_RESULT if number in deadly else self._results[base]
        self._earlier += new[:_KEPT]
        return PhotoSet(folder, expected)

"""A pile of small photos that differ in their bytes, whose verdicts are known."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from tests.support.cursed_worker import MARK

_SIDE = 240
_BASES = ("hopper.jpg", "collins.jpg", "collins-glasses.jpg", "giunchedi.jpg", "cat.jpg")
_TOLD = ("status", "glasses", "probability", "faces", "reason")
POISONED: dict[str, Any] = {
    "status": "failed", "glasses": False, "probability": None, "faces": [],
    "reason": "crashed_worker",
}  # fmt: skip
"""What is told of a photo that kills whoever looks at it."""


@dataclass(frozen=True, slots=True)
class Pile:
    """Photos in a folder.

    Attributes:
        folder: Where they are.
        truth: Name -> what has to be told of the photo.
    """

    folder: Path
    truth: dict[str, dict[str, Any]]


def told(row: dict[str, Any]) -> dict[str, Any]:
    """The part of a row that depends on the photo's bytes."""
    return {name: row[name] for name in _TOLD}


class Piles:
    """Makes piles; the truth is what `glasses classify` says, in one process, without servers."""

    def __init__(self, home: Path, demo_photos: Path) -> None:
        self._home = home
        self._made = 0
        self._bases: dict[str, bytes] = {}
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
        self._truth = {row["image"]: told(row) for row in rows}
        assert {row["status"] for row in rows} == {"classified", "no_face", "failed"}, done.stderr

    def make(self, count: int, poison: int, chance: random.Random) -> Pile:
        """A new pile.

        Args:
            count: Of photos.
            poison: So many of them kill whoever looks at them.
            chance: Decides which.
        """
        self._made += 1
        folder = self._home / f"pile-{self._made}"
        folder.mkdir()
        deadly = set(chance.sample(range(count), poison))
        truth = {}
        for number in range(count):
            base = chance.choice(list(self._bases))
            name = f"{number:05d}-{base}"
            salt = f"{self._made}-{number}".encode()
            end = MARK + b"kill" if number in deadly else b""
            (folder / name).write_bytes(self._bases[base] + salt + end)
            truth[name] = POISONED if number in deadly else self._truth[base]
        return Pile(folder, truth)

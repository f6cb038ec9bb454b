"""Workers whose photos wait at a gate, so that a test sees an order and never a clock."""

from __future__ import annotations

import os
from pathlib import Path

_SITE = Path(__file__).parent / "gate"


class Gate:
    """Holds workers at their next photo while it is closed.

    Args:
        folder: Made.
        real: Behind it photos are looked at; else each is one without a face.
    """

    def __init__(self, folder: Path, real: bool = False) -> None:
        self._folder = folder
        folder.mkdir()
        before = os.environ.get("PYTHONPATH")
        self.environment = {
            "TEST_GATE": str(folder),
            "PYTHONPATH": os.pathsep.join([str(_SITE), *([before] if before else [])]),
            **({"TEST_GATE_REAL": "1"} if real else {}),
        }

    def close(self) -> None:
        (self._folder / "closed").touch()

    def open(self) -> None:
        (self._folder / "closed").unlink()

    @property
    def seen(self) -> list[str]:
        """Marks of the photos that were looked at, in order."""
        path = self._folder / "seen"
        return path.read_text().splitlines() if path.exists() else []


def marked(folder: Path, source: Path, count: int, mark: str) -> Path:
    """Photos that all carry a mark, and differ in their bytes."""
    data = source.read_bytes()
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:04d}.jpg").write_bytes(data + f"{number}#{mark}".encode())
    return folder

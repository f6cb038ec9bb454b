"""A gate that holds workers, so that tests observe an order instead of times."""

from __future__ import annotations

import os
from pathlib import Path

_SITE = Path(__file__).parent / "gate_site"


class Gate:
    """Stops workers before their next photo while it is closed.

    Args:
        folder: Created; its files are the state of the gate.
        real: Run the real pipeline behind the gate; otherwise no photo has a face.
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
        """Return the marks of the photos that passed, in order."""
        path = self._folder / "seen"
        return path.read_text().splitlines() if path.exists() else []


def marked(folder: Path, source: Path, count: int, mark: str) -> Path:
    """Make a folder of photos that carry a mark and differ in their bytes."""
    data = source.read_bytes()
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:04d}.jpg").write_bytes(data + f"{number}#{mark}".encode())
    return folder

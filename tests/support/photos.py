"""Photos for tests."""

from __future__ import annotations

from pathlib import Path


def photos(folder: Path, source: Path, count: int, mark: str = "") -> Path:
    """Photos that differ in their bytes: junk after a JPEG's end changes its hash only."""
    data = source.read_bytes()
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:04d}.jpg").write_bytes(data + f"{number}{mark}".encode())
    return folder

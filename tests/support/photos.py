"""Many photos made from one, and photos that harm the process that reads them."""

from __future__ import annotations

from pathlib import Path

POISON = b"#poison:"
"""Marks a photo that harms a process of `poison_worker`; the effect follows."""


def photos(folder: Path, source: Path, count: int, mark: str = "") -> Path:
    """Make a folder of photos that differ only in the bytes after the end of the JPEG."""
    data = source.read_bytes()
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:04d}.jpg").write_bytes(data + f"{number}{mark}".encode())
    return folder


def poison(photo: Path, effect: str) -> None:
    """Make a photo poisonous: `kill`, `hang` or `eat` (memory); see `poison_worker`."""
    photo.write_bytes(photo.read_bytes() + POISON + effect.encode())

"""A pile of small photos, in no time: one JPEG of some kB, each time with another end."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from tests.bench.piles import DEMO

SIDE = 96
IN_A_FOLDER = 1000


def small_photos(folder: Path, count: int, flat: bool = False) -> None:
    """Fill a new folder with photos that differ in their bytes.

    Args:
        folder: Made.
        count: Of photos.
        flat: All in one folder; else 1,000 in each of several, as cameras do.
    """
    with Image.open(DEMO / "hopper.jpg") as photo:
        photo.thumbnail((SIDE, SIDE))
        buffer = io.BytesIO()
        photo.save(buffer, "JPEG", quality=85)
    base = buffer.getvalue()
    inner = folder
    folder.mkdir(parents=True)
    for number in range(count):
        if not flat and number % IN_A_FOLDER == 0:
            inner = folder / f"{number // IN_A_FOLDER:05d}"
            inner.mkdir()
        # What follows a JPEG's end changes its hash alone.
        with open(f"{inner}/{number:07d}.jpg", "wb") as file:
            file.write(base + b"%d" % number)

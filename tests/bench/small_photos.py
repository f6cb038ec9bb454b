"""Many small photos, generated quickly: one JPEG of some kB, each copy with a different suffix."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from tests.bench.photo_sets import DEMO

SIDE = 96
PHOTOS_PER_FOLDER = 1000


def small_photos(folder: Path, count: int, flat: bool = False) -> None:
    """Fill a new folder with photos that differ in their bytes.

    Args:
        folder: The folder to create.
        count: Number of photos.
        flat: Put all photos into one folder; otherwise 1,000 per subfolder, as cameras do.
    """
    with Image.open(DEMO / "hopper.jpg") as photo:
        photo.thumbnail((SIDE, SIDE))
        buffer = io.BytesIO()
        photo.save(buffer, "JPEG", quality=85)
    base = buffer.getvalue()
    inner = folder
    folder.mkdir(parents=True)
    for number in range(count):
        if not flat and number % PHOTOS_PER_FOLDER == 0:
            inner = folder / f"{number // PHOTOS_PER_FOLDER:05d}"
            inner.mkdir()
        # Bytes after the end of a JPEG change its hash but not its picture.
        with open(f"{inner}/{number:07d}.jpg", "wb") as file:
            file.write(base + b"%d" % number)

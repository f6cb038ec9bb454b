"""`python -m tests.bench.look_alike [PHOTO]`: how nearly a thing passes for somebody with glasses.

Copies of one photo without people, the demo's cat if not given, in several sizes and qualities: how
likely the last look finds a face there, where the classifier is sure of glasses.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

import cv2
from PIL import Image

from tests.bench.doubtful import Judge
from tests.bench.piles import DEMO
from worker.detect.cascade import DOUBTFUL

SIDES = (120, 160, 200, 240, 280, 320, 400, 451)
QUALITIES = (60, 75, 90)


def main() -> None:
    """Measure and print."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO / "cat.jpg"
    cv2.setNumThreads(1)
    judge = Judge()
    likely = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.jpg"
        for data in copies(path):
            copy.write_bytes(data)
            found = judge(copy)
            likely.append(1.0 if found is None else found)
    counted = sum(value >= DOUBTFUL for value in likely)
    sys.stdout.write(
        f"{len(likely)} copies: the last look's face {min(likely):.2f} to {max(likely):.2f}; "
        f"{counted} of them count from {DOUBTFUL} on\n"
    )


def copies(path: Path) -> list[bytes]:
    """Each size and quality, plain and mirrored."""
    result = []
    for side in SIDES:
        for quality in QUALITIES:
            with Image.open(path) as photo:
                photo.thumbnail((side, side))
                for turned in (photo, photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)):
                    buffer = io.BytesIO()
                    turned.save(buffer, "JPEG", quality=quality)
                    result.append(buffer.getvalue())
    return result


if __name__ == "__main__":
    main()

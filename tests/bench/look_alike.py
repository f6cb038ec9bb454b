"""Measure how easily an object is taken for a person: `python -m tests.bench.look_alike [PHOTO]`.

Copies of a photo without people (the demo's cat by default) in several sizes and JPEG qualities:
the score of the multi-view vote for a face that the classifier is sure wears glasses.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

import cv2
from PIL import Image

from tests.bench.low_confidence import VoteScore
from tests.bench.photo_sets import DEMO
from worker.vision.detect.cascade import LOW_CONFIDENCE

SIDES = (120, 160, 200, 240, 280, 320, 400, 451)
QUALITIES = (60, 75, 90)


def main() -> None:
    """Measure and print."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO / "cat.jpg"
    cv2.setNumThreads(1)
    score = VoteScore()
    scores = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.jpg"
        for data in copies(path):
            copy.write_bytes(data)
            found = score(copy)
            scores.append(1.0 if found is None else found)
    accepted = sum(value >= LOW_CONFIDENCE for value in scores)
    sys.stdout.write(
        f"{len(scores)} copies: scores {min(scores):.2f} to {max(scores):.2f}; "
        f"{accepted} reach the threshold {LOW_CONFIDENCE}\n"
    )


def copies(path: Path) -> list[bytes]:
    """Return JPEGs of each size and quality, plain and mirrored."""
    result = []
    for side in SIDES:
        for quality in QUALITIES:
            with Image.open(path) as photo:
                photo.thumbnail((side, side))
                for copy in (photo, photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)):
                    buffer = io.BytesIO()
                    copy.save(buffer, "JPEG", quality=quality)
                    result.append(buffer.getvalue())
    return result


if __name__ == "__main__":
    main()

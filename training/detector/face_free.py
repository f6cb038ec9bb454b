"""Photos without faces, on which every detection is false."""

from __future__ import annotations

import zlib
from pathlib import Path

import cv2
import numpy as np

from glasses.sources.walk import walk
from training.common.splits import TEST, TRAIN, VALIDATION
from worker.vision.decode import Pixels, decode
from worker.vision.errors import PhotoError

SIDES = (TRAIN, TRAIN, TRAIN, VALIDATION, TEST, TEST)
"""The part of each sixth: half for training, a sixth for thresholds, a third for testing."""


def part_of(name: str) -> str:
    """Return the part of a photo, which depends on its name only."""
    return SIDES[zlib.crc32(name.encode()) % len(SIDES)]


def paths(folder: Path | None, part: str) -> list[Path]:
    """Return the photos of one part; none without a folder."""
    if folder is None:
        return []
    return [source.path for source in walk([str(folder)]) if part_of(source.path.name) == part]


def pictures(folder: Path | None, part: str, longest: int) -> list[Pixels]:
    """Return the photos of one part, H × W × 3 uint8 RGB, reduced to a longest side in px."""
    result = []
    for path in paths(folder, part):
        try:
            pixels = decode(path.read_bytes()).pixels
        except PhotoError:
            continue
        scale = longest / max(pixels.shape[:2])
        if scale < 1:
            pixels = np.asarray(
                cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA),
                dtype=np.uint8,
            )
        result.append(pixels)
    return result

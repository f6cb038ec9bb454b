"""Labelled group photos, 1280 px wide, rendered from portraits of the test split."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from training.common.splits import TEST
from training.detector.square import Squares, squares
from training.detector.workspace import DetectorWorkspace
from worker.vision.decode import Pixels, decode

WIDTH, HEIGHT = 1280, 853
MIN_FACE, MAX_FACE = 40.0, 130.0
"""Size of a face in px."""
DATASETS = ("lfw", "mtfl", "celeba_wild")


def group_photos(space: DetectorWorkspace, count: int) -> Iterator[tuple[Pixels, Squares]]:
    """Yield photos and the squares of all their faces; every call yields the same photos."""
    rng = np.random.default_rng(7)
    people = [
        sample
        for sample in space.samples(TEST)
        if sample.dataset in DATASETS and len(space.known[sample.name].faces) == 1
    ]
    for _ in range(count):
        columns = int(rng.integers(3, 7))
        rows = int(rng.integers(1, 4))
        photo = np.full((HEIGHT, WIDTH, 3), rng.integers(60, 200, 3), dtype=np.uint8)
        photo = cv2.add(photo, rng.integers(0, 12, photo.shape, dtype=np.uint8))
        faces = []
        for row in range(rows):
            for column in range(columns):
                width, height = WIDTH // columns, HEIGHT // rows
                left, top = column * width, row * height
                sample = people[int(rng.integers(len(people)))]
                face = space.known[sample.name].faces[0]
                pixels = decode(sample.path.read_bytes()).pixels
                most = min(
                    MAX_FACE, face[2] * min(width / pixels.shape[1], height / pixels.shape[0])
                )
                side = rng.uniform(MIN_FACE, max(MIN_FACE, most))
                scale = side / face[2]
                small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
                small = small[:height, :width]
                photo[top : top + small.shape[0], left : left + small.shape[1]] = small
                x, y = face[0] * scale, face[1] * scale
                if x + side / 2 < small.shape[1] and y + side / 2 < small.shape[0]:
                    faces.append((left + x, top + y, side))
        yield np.asarray(photo, dtype=np.uint8), squares(faces)

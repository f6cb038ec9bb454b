"""Group photos of 1280 px, rendered from portraits of the test part: every face 40 px or more."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from training.proposals.space import Space
from training.proposals.square import Squares, squares
from training.splits import TEST
from worker.decode import Pixels, decode

WIDTH, HEIGHT = 1280, 853
LEAST, MOST = 40.0, 130.0
"""Px of a face."""
SETS = ("lfw", "mtfl", "celeba_wild")


def groups(space: Space, count: int) -> Iterator[tuple[Pixels, Squares]]:
    """Photos with all their faces; the same ones at every call."""
    rng = np.random.default_rng(7)
    people = [
        sample
        for sample in space.samples(TEST)
        if sample.dataset in SETS and len(space.known[sample.name].faces) == 1
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
                most = min(MOST, face[2] * min(width / pixels.shape[1], height / pixels.shape[0]))
                side = rng.uniform(LEAST, max(LEAST, most))
                scale = side / face[2]
                small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
                small = small[:height, :width]
                photo[top : top + small.shape[0], left : left + small.shape[1]] = small
                x, y = face[0] * scale, face[1] * scale
                if x + side / 2 < small.shape[1] and y + side / 2 < small.shape[0]:
                    faces.append((left + x, top + y, side))
        yield np.asarray(photo, dtype=np.uint8), squares(faces)
